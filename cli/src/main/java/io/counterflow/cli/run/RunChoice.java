package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.log.RunFolders.RunFolder;
import java.time.InstantSource;
import java.util.Optional;
import java.util.SplittableRandom;
import picocli.CommandLine.Option;

/** The options by which a command names the run that it begins or goes on with. */
public final class RunChoice {

    @Option(
            names = "--resume",
            description = "Go on with the newest run that has not ended, or with the one that --run names.")
    private boolean resume;

    @Option(
            names = "--run",
            paramLabel = "ID",
            description = "The run's name (default: trainer.runId of the configuration, or made of the time).")
    private String runId;

    /** Whether a run is gone on with. */
    public boolean resumes() {
        return resume;
    }

    /**
     * The run's folder.
     *
     * @param configured the name that the configuration has, which {@code --run} wins over
     * @throws ConfigException where a run to begin is there already, or one to go on with is not
     */
    public RunFolder folder(RunFolders folders, Optional<String> configured) {
        if (runId != null && !runId.matches("[A-Za-z0-9._-]+")) {
            throw new ConfigException(
                    "--run " + runId + ": a run's name has letters, digits, dots, dashes and underscores");
        }
        if (!resume) {
            RunFolder run = folders.run(Optional.ofNullable(runId)
                    .or(() -> configured)
                    .orElseGet(() -> RunFolders.newRunId(InstantSource.system().instant(), new SplittableRandom())));
            if (run.begun()) {
                throw new ConfigException("there is a run '" + run.runId() + "' already in " + run.folder()
                        + "; add --resume to go on with it");
            }
            return run;
        }
        if (runId != null) {
            RunFolder run = folders.run(runId);
            if (!run.begun()) {
                throw new ConfigException("there is no run '" + runId + "' in " + folders.data() + " to go on with");
            }
            return run;
        }
        return folders.newestUnfinished()
                .orElseThrow(() -> new ConfigException(
                        "no run in " + folders.data() + " is unfinished; start one without --resume"));
    }
}
