package io.counterflow.cli.quickstart;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.config.ConfigPrinter;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.report.HtmlReport;
import io.counterflow.cli.report.RunReader;
import io.counterflow.cli.report.RunSummary;
import io.counterflow.cli.report.TerminalReport;
import io.counterflow.cli.run.LogAccess;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.cli.run.RunFolders;
import io.counterflow.cli.run.RunFolders.RunFolder;
import io.counterflow.cli.run.RunServices;
import io.counterflow.log.LogConfig;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxUnavailableException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * The main job from its beginning to its end: a broker, a base policy, prompts, the services, the report. Every stage finds out by itself what was done
 * already, so that going on after an interruption is starting again with the same run.
 */
public final class Quickstart {

    private static final int STAGES = 6;
    private static final Duration EVALUATION = Duration.ofMinutes(3);

    private final QuickstartSettings settings;
    private final RunFolders folders;
    private final RunFolder run;
    private final ConfigFile user;
    private final long seed;
    private final PrintStream out;
    private final InstantSource clock;
    private final boolean terminal;

    /**
     * @param user what the user configured; everything else is chosen here, and kept in the run's folder
     * @param run where the run keeps its files; one that has a configuration is gone on with
     * @param terminal whether progress can be drawn over
     */
    public Quickstart(
            RunFolders folders,
            RunFolder run,
            ConfigFile user,
            long seed,
            PrintStream out,
            InstantSource clock,
            boolean terminal) {
        this(QuickstartSettings.standard(), folders, run, user, seed, out, clock, terminal);
    }

    Quickstart(
            QuickstartSettings settings,
            RunFolders folders,
            RunFolder run,
            ConfigFile user,
            long seed,
            PrintStream out,
            InstantSource clock,
            boolean terminal) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.folders = Objects.requireNonNull(folders, "folders");
        this.run = Objects.requireNonNull(run, "run");
        this.user = Objects.requireNonNull(user, "user");
        this.seed = seed;
        this.out = Objects.requireNonNull(out, "out");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.terminal = terminal;
    }

    /**
     * Runs it.
     *
     * @return what the report shows
     * @throws InterruptedException when interrupted; the run can then be gone on with
     */
    public RunSummary run() throws InterruptedException {
        Stages stages = new Stages(out, clock, STAGES, terminal);
        RunConfig config = configuration(stages);
        long runSeed = config.trainer().seed();
        long startedAt = clock.millis();
        try (LogAccess access = open(config.log())) {
            access.log().createTopics();
            stages.done(
                    access.isEmbedded()
                            ? String.format(
                                    Locale.ROOT,
                                    "broker: Kafka at %s, registry at %s, data in %s (%.1f s)",
                                    access.log().config().bootstrapServers(),
                                    access.log().config().schemaRegistryUrl(),
                                    folders.kafka(),
                                    (clock.millis() - startedAt) / 1e3)
                            : "log: the cluster at " + access.log().config().bootstrapServers());

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

            try (RunServices services = new RunServices(access, config, clock)) {
                services.train(stages);
                services.awaitEvaluations(stages, EVALUATION);
            }
            RunSummary summary = new RunReader(access.log())
                    .read(run.runId(), "CoPG on small Java programs, from a base policy that often writes wrong ones");
            writeReport(summary);
            stages.done("report: " + run.report());
            out.println();
            out.println(new TerminalReport().render(summary));
            out.println();
            out.println("report     " + run.report());
            out.println("replay     ./counterflow replay --run " + run.runId());
            return summary;
        }
    }

    private LogAccess open(LogConfig log) {
        return LogAccess.open(log, folders);
    }

    private RunConfig configuration(Stages stages) {
        if (Files.exists(run.configuration())) {
            return RunConfig.of(ConfigFile.read(run.configuration()));
        }
        boolean sandboxed = isolates(stages);
        RunConfig config = RunConfig.of(settings.configuration(
                user,
                run.runId(),
                seed,
                run.base(),
                folders.data().resolve("runs"),
                folders.data().resolve("streams"),
                sandboxed));
        try {
            Files.createDirectories(run.folder());
            write(run.configuration(), new ConfigPrinter().print(config));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to " + run.folder(), e);
        }
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

    private void writeReport(RunSummary summary) {
        try {
            write(run.report(), new HtmlReport().render(summary));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + run.report(), e);
        }
    }

    /** The file's existence means something, so it comes whole or not at all. */
    private static void write(Path file, String text) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".part");
        Files.writeString(aside, text);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
