package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.config.ConfigPrinter;
import io.counterflow.cli.config.OptionSetting;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.log.RunFolders.RunFolder;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.report.HtmlReport;
import io.counterflow.cli.report.RunReading;
import io.counterflow.cli.report.RunSummary;
import io.counterflow.cli.report.TerminalReport;
import io.counterflow.files.WholeFile;
import io.counterflow.log.LogConfig;
import io.counterflow.log.Topic;
import io.counterflow.log.registry.RegistryAddress;
import io.counterflow.trainer.batch.SourceMode;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A run from its beginning to its end: the log, what the run needs, the services, the report. Every stage finds out by itself what was done already,
 * so that going on after an interruption is starting again with the same run. One thread uses it.
 */
public final class RunStages {

    private static final int OWN_STAGES = 4;
    private static final Duration EVALUATION = Duration.ofMinutes(30);

    private final RunFolders folders;
    private final RunFolder run;
    private final RunPreparation preparation;
    private final PrintStream out;
    private final InstantSource clock;
    private final boolean terminal;

    /**
     * @param run where the run keeps its files; one that has a configuration is gone on with
     * @param preparation what the run begins with
     * @param terminal whether progress can be drawn over
     */
    public RunStages(
            RunFolders folders,
            RunFolder run,
            RunPreparation preparation,
            PrintStream out,
            InstantSource clock,
            boolean terminal) {
        this.folders = Objects.requireNonNull(folders, "folders");
        this.run = Objects.requireNonNull(run, "run");
        this.preparation = Objects.requireNonNull(preparation, "preparation");
        this.out = Objects.requireNonNull(out, "out");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.terminal = terminal;
    }

    /**
     * Runs it.
     *
     * @param connection how to reach the log; it wins over what the run was configured with, where secrets are not kept
     * @return what the report shows
     * @throws ConfigException when the configuration cannot be used; nothing has been started then
     * @throws InterruptedException when interrupted; the run can then be gone on with
     */
    public RunSummary run(List<OptionSetting> connection) throws InterruptedException {
        return perform(connection, (access, config, stages) -> {
            if (config.trainer().steps() == null && config.trainer().source().mode() == SourceMode.LIVE) {
                throw new ConfigException("run " + run.runId()
                        + " has no trainer.steps and would never end; one that only samples is gone on with by"
                        + " 'counterflow sample --resume'");
            }
            try (RunServices services = new RunServices(access, config, clock, stages::note)) {
                train(services, config, stages);
            }
            RunSummary summary = new RunReading(access.log(), stages)
                    .read(run.runId(), config.title() == null ? "Run " + run.runId() : config.title());
            write(run.report(), new HtmlReport().render(summary));
            stages.done("report: " + run.report());
            out.println();
            out.println(new TerminalReport().render(summary));
            out.println();
            out.println("report     " + run.report());
            out.println("replay     ./counterflow replay --run " + run.runId() + folders.option() + cluster(access));
            if (config.trainer().lora() != null) {
                out.println("merge      ./counterflow model merge " + Path.of(URI.create(summary.checkpoint()))
                        + " NEW-FOLDER");
            }
            return summary;
        });
    }

    /**
     * Samples and scores, and trains nothing.
     *
     * @param connection as for {@link #run}
     */
    public void sample(List<OptionSetting> connection) throws InterruptedException {
        perform(connection, (access, config, stages) -> {
            new FirstPolicy(access.log(), clock).publish(config.trainer());
            try (RunServices services = new RunServices(access, config, clock, stages::note)) {
                services.startScoring();
                services.startProducer();
                services.awaitSamples(stages);
                services.awaitScores(stages, List.of(run.runId()));
                services.awaitEvaluations(stages, EVALUATION);
            }
            String where = "in the log as run " + run.runId() + ", rewarded by recipe "
                    + config.assembler().recipe().name();
            write(run.sampled(), where + System.lineSeparator());
            stages.done(where);
            return null;
        });
    }

    private interface Work<T> {
        T with(LogAccess access, RunConfig config, Stages stages) throws InterruptedException;
    }

    private <T> T perform(List<OptionSetting> connection, Work<T> work) throws InterruptedException {
        Stages stages = new Stages(out, clock, preparation.stages() + OWN_STAGES, terminal);
        boolean begins = !run.begun();
        RunConfig config = configuration(stages, connection);
        long startedAt = clock.millis();
        boolean prepared = false;
        try (LogAccess access = LogAccess.open(config.log(), folders)) {
            access.log().createTopics();
            stages.done(describe(access, startedAt));
            RunConfig whole = preparation.prepare(stages, access, config);
            new MemoryCheck().check(whole);
            prepared = true;
            return work.with(access, whole, stages);
        } catch (RuntimeException e) {
            // Nothing has been done that going on would save, and what was wrong may be in the configuration, which
            // going on would not read again.
            if (begins && !prepared && !Thread.currentThread().isInterrupted()) {
                run.forget();
            }
            throw e;
        }
    }

    private static void train(RunServices services, RunConfig config, Stages stages) throws InterruptedException {
        boolean samples = config.producer() != null;
        boolean offline = config.trainer().source().mode() == SourceMode.OFFLINE;
        if (samples) {
            services.startScoring();
            if (offline && config.trainer().source().topic().equals(Topic.SCORED_GROUPS.topicName())) {
                services.awaitScores(stages, config.trainer().source().runs());
            }
            services.startProducer();
        }
        services.train(
                stages,
                offline
                        ? "training: from the log"
                        : "training: producer, scorer, assembler and trainer at the same time");
        if (samples) {
            services.awaitEvaluations(stages, EVALUATION);
        } else {
            stages.done("evaluation: none, nothing is sampled in this run");
        }
    }

    /** The options by which a command finds the cluster, after a space; passwords are for the user to add. */
    private static String cluster(LogAccess access) {
        LogConfig log = access.log().config();
        return access.isEmbedded()
                ? ""
                : " --bootstrap-servers " + log.bootstrapServers() + " --schema-registry "
                        + RegistryAddress.withoutPassword(log.schemaRegistryUrl())
                        + (log.topicPrefix().isEmpty() ? "" : " --topic-prefix " + log.topicPrefix());
    }

    private String describe(LogAccess access, long startedAt) {
        return access.isEmbedded()
                ? String.format(
                        Locale.ROOT,
                        "broker: Kafka at %s, registry at %s, data in %s (%.1f s)",
                        access.log().config().bootstrapServers(),
                        RegistryAddress.withoutPassword(access.log().config().schemaRegistryUrl()),
                        folders.kafka(),
                        (clock.millis() - startedAt) / 1e3)
                : "log: the cluster at " + access.log().config().bootstrapServers();
    }

    private RunConfig configuration(Stages stages, List<OptionSetting> connection) {
        boolean begun = run.begun();
        ConfigFile file = begun ? ConfigFile.read(run.configuration()) : preparation.configuration(stages);
        for (OptionSetting setting : connection) {
            file = file.with(setting);
        }
        RunConfig config = RunConfig.of(file);
        if (config.trainer() == null) {
            throw new ConfigException(
                    "the configuration has no 'trainer'; 'counterflow init' writes one to start from");
        }
        if (!begun) {
            write(run.configuration(), new ConfigPrinter().print(config));
        }
        return config;
    }

    /** The file's existence means something, so it comes whole or not at all. */
    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            WholeFile.write(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }
}
