package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.progress.Stages;

/** What comes before the services start, and differs between the commands that run everything. */
public interface RunPreparation {

    /** How many stages {@link #configuration} and {@link #prepare} show together. */
    int stages();

    /**
     * The run's whole configuration. Called once in the life of a run: what comes out is kept in the run's folder.
     *
     * @throws io.counterflow.cli.config.ConfigException when something that the run needs is not set
     */
    ConfigFile configuration(Stages stages);

    /**
     * Makes what the run needs, prompts and models, unless it is there. Called again whenever the run is gone on with.
     *
     * @return the configuration, with folders in place of names of models
     */
    RunConfig prepare(Stages stages, LogAccess access, RunConfig config) throws InterruptedException;
}
