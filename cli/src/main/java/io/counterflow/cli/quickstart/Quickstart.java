package io.counterflow.cli.quickstart;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.log.RunFolders.RunFolder;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.cli.run.RunPreparation;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;

/** The run of the quickstart: a base policy that often writes wrong programs, prompts with unit tests, and settings that get it aligned. */
public final class Quickstart implements RunPreparation {

    private final QuickstartSettings settings;
    private final RunFolders folders;
    private final RunFolder run;
    private final ConfigFile user;
    private final long seed;
    private final InstantSource clock;

    /**
     * @param user what the user configured; everything else is chosen here
     * @param run where the run keeps its files
     */
    public Quickstart(RunFolders folders, RunFolder run, ConfigFile user, long seed, InstantSource clock) {
        this(QuickstartSettings.standard(), folders, run, user, seed, clock);
    }

    Quickstart(
            QuickstartSettings settings,
            RunFolders folders,
            RunFolder run,
            ConfigFile user,
            long seed,
            InstantSource clock) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.folders = Objects.requireNonNull(folders, "folders");
        this.run = Objects.requireNonNull(run, "run");
        this.user = Objects.requireNonNull(user, "user");
        this.seed = seed;
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public int stages() {
        return 2;
    }

    @Override
    public ConfigFile configuration(Stages stages) {
        return settings.configuration(
                user,
                run.runId(),
                seed,
                run.base(),
                folders.data().resolve("runs"),
                folders.data().resolve("streams"),
                isolates(stages));
    }

    @Override
    public RunConfig prepare(Stages stages, LogAccess access, RunConfig config) {
        long runSeed = config.trainer().seed();
        List<ProgramTask> tasks = ProgramTask.all(new SplittableRandom(runSeed));
        List<ProgramTask> heldOut = tasks.subList(0, settings.heldOut());
        List<ProgramTask> training = tasks.subList(settings.heldOut(), tasks.size());
        makeBase(stages, training, Path.of(config.trainer().model()), runSeed);

        ProgramPrompts prompts = new ProgramPrompts(access.log(), clock);
        String task = config.producer().task();
        int written = prompts.publish(task, ProgramPrompts.HELD_OUT, heldOut)
                + prompts.publish(task, ProgramPrompts.TRAIN, training);
        stages.done(String.format(
                Locale.ROOT,
                "prompts: %d to learn from, %d held out%s",
                training.size(),
                heldOut.size(),
                written == 0 ? ", in the log already" : ""));
        return config;
    }

    private static boolean isolates(Stages stages) {
        try {
            Sandbox.detect(false);
            return true;
        } catch (SandboxUnavailableException e) {
            stages.note(
                    "no isolation here: programs run under process limits alone, which is enough for a policy that can write nothing but its own"
                            + " 41 words (" + e.getMessage() + ")");
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look for a sandbox", e);
        }
    }

    private void makeBase(Stages stages, List<ProgramTask> tasks, Path folder, long runSeed) {
        if (Files.exists(folder)) {
            stages.done("base policy: " + folder + ", made before");
            return;
        }
        BasePolicy.Settings base = settings.base();
        try (Stages.Bar bar = stages.start("base policy: a small Llama, pre-trained on a noisy corpus", base.steps())) {
            new BasePolicy(base, runSeed)
                    .make(folder, tasks, (step, loss) -> bar.at(step, String.format(Locale.ROOT, "loss %.3f", loss)));
        }
    }
}
