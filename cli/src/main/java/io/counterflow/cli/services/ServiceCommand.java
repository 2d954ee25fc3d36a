package io.counterflow.cli.services;

import io.counterflow.cli.check.ConfigCheck;
import io.counterflow.cli.check.Scope;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.config.OptionSetting;
import io.counterflow.cli.log.BrokerFailure;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.metrics.PrometheusEndpoint;
import io.counterflow.cli.metrics.ServiceMeters;
import io.counterflow.cli.model.NamedCheckpoints;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.MemoryCheck;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.cli.run.ServiceThreads;
import io.counterflow.cli.run.SourceOptions;
import io.counterflow.cli.run.StopOnSignal;
import io.counterflow.cli.run.TrainingProgress;
import io.counterflow.log.Log;
import io.counterflow.model.source.CheckpointSources;
import io.counterflow.producer.ProducerConfig;
import io.counterflow.producer.ProducerListener;
import io.counterflow.producer.ProducerService;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.service.ScoringListener;
import io.counterflow.scorer.service.ScoringService;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.batch.SourceMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One service alone, until its work is done or it is told to stop. */
public abstract class ServiceCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceCommand.class);
    private static final int INTERRUPTED = 130;

    @Mixin
    private ConfigOptions options;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "Answer Prometheus at http://127.0.0.1:PORT/metrics (0: any free port). Default: metrics.port.")
    private Integer metricsPort;

    /** Starts what belongs to the service and says when its work is done; what never is, never completes. */
    abstract CompletableFuture<Void> start(Log log, RunConfig config, ServiceMeters meters, ServiceThreads threads)
            throws Exception;

    /** What the service's own options say, as settings of the configuration. */
    List<OptionSetting> settings() {
        return List.of();
    }

    /** Whether the service has something to do on a broker in this process, where no other service is. */
    boolean worksAlone(RunConfig config) {
        return false;
    }

    /** What to do where there is no cluster, in words. */
    String withoutCluster() {
        return "a service alone needs a cluster to work on (--bootstrap-servers and --schema-registry)";
    }

    private RunConfig configuration() {
        ConfigFile file = options.read()
                .withDefault(
                        "trainer.directory",
                        "'"
                                + options.folders()
                                        .data()
                                        .resolve("runs")
                                        .toString()
                                        .replace("'", "''") + "'");
        for (OptionSetting setting : settings()) {
            file = file.with(setting);
        }
        if (metricsPort != null) {
            file = file.with(OptionSetting.of("--metrics-port", "metrics.port", metricsPort));
        }
        ConfigCheck.of(file, scope(), options.folders()).require();
        return RunConfig.of(RunConfig.withRecipeTerms(file));
    }

    /** Which parts of the configuration are this service's. */
    abstract Scope scope();

    @Override
    public Integer call() throws Exception {
        RunConfig config = configuration();
        if (config.log().bootstrapServers() == null && !worksAlone(config)) {
            throw new ConfigException("log.bootstrapServers is not set; " + withoutCluster());
        }
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread());
                LogAccess access = LogAccess.open(config.log(), options.folders());
                PrometheusEndpoint endpoint = PrometheusEndpoint.start(config.metrics());
                ServiceThreads threads = new ServiceThreads()) {
            access.log().createTopics();
            threads.await(start(access.log(), config, new ServiceMeters(endpoint.registry()), threads));
            return 0;
        } catch (InterruptedException e) {
            BrokerFailure.rethrow(e);
            return INTERRUPTED;
        }
    }

    private static <T> T require(T section, String key) {
        if (section == null) {
            throw new ConfigException(
                    "the configuration has no '" + key + "'; 'counterflow config --print' shows its keys");
        }
        return section;
    }

    /** {@code counterflow producer}. */
    @Command(
            name = "producer",
            description = "Samples completions until the run has ended. Several share the prompts.",
            mixinStandardHelpOptions = true)
    public static final class Producer extends ServiceCommand {
        @Override
        Scope scope() {
            return Scope.PRODUCER;
        }

        @Override
        CompletableFuture<Void> start(Log log, RunConfig config, ServiceMeters meters, ServiceThreads threads) {
            ProducerConfig settings = require(config.producer(), "producer");
            ProducerService producer = new ProducerService(
                    log, settings, InstantSource.system(), meters.producer(settings.runId(), ProducerListener.NONE));
            return threads.start("producer", producer::run, producer);
        }
    }

    /** {@code counterflow reward-scorer}. */
    @Command(
            name = "reward-scorer",
            description = "Scores completions and assembles groups, until it is stopped. Several share the work.",
            mixinStandardHelpOptions = true)
    public static final class RewardScorer extends ServiceCommand {
        @Override
        Scope scope() {
            return Scope.REWARD_SCORER;
        }

        @Override
        CompletableFuture<Void> start(Log log, RunConfig config, ServiceMeters meters, ServiceThreads threads)
                throws Exception {
            if (!config.scorersElsewhere().isEmpty()) {
                LOG.warn(
                        "recipe {} needs scores of {}, which are not under scoring.scorers here; groups wait until another reward-scorer gives them",
                        config.assembler().recipe().name(),
                        config.scorersElsewhere());
            }
            AssemblerService assembler =
                    new AssemblerService(log, config.assembler(), meters.assembler(AssemblerListener.NONE));
            ScoringService scoring = new ScoringService(log, config.scoring(), meters.scoring(ScoringListener.NONE));
            var unused = threads.start("assembler", ServiceThreads.unchecked(assembler::run), assembler);
            return threads.start("reward-scorer", ServiceThreads.unchecked(scoring::run), scoring);
        }
    }

    /** {@code counterflow trainer}. */
    @Command(
            name = "trainer",
            description = {
                "Learns from scored groups until the run's last step: its own as they arrive, or those that other runs left in the log.",
                "Started again it goes on where it was. Without a cluster it works on what is in the data directory."
            },
            mixinStandardHelpOptions = true)
    public static final class Trainer extends ServiceCommand {

        @Mixin
        private SourceOptions source;

        @Option(
                names = "--take-over",
                description =
                        "Shut out a trainer that is working on the same run; without it this one refuses to start.")
        private boolean takeOver;

        @Override
        Scope scope() {
            return Scope.TRAINER;
        }

        @Override
        List<OptionSetting> settings() {
            List<OptionSetting> settings = new ArrayList<>(source.settings());
            if (takeOver) {
                settings.add(new OptionSetting("--take-over", "trainer.takeOver=true"));
            }
            return settings;
        }

        /** What is in the log already is enough to learn from. */
        @Override
        boolean worksAlone(RunConfig config) {
            return config.trainer() != null && config.trainer().source().mode() != SourceMode.LIVE;
        }

        @Override
        String withoutCluster() {
            return "a trainer needs a cluster to work on (--bootstrap-servers and --schema-registry), or to be told what"
                    + " to learn from in the data directory (--run, --offsets, --from)";
        }

        @Override
        CompletableFuture<Void> start(Log log, RunConfig config, ServiceMeters meters, ServiceThreads threads) {
            TrainerConfig settings = withModelHere(require(config.trainer(), "trainer"));
            if (settings.runId() == null) {
                throw new ConfigException(
                        "trainer.runId is not set; give the run a name, e.g. --set trainer.runId=beta-02");
            }
            InstantSource clock = InstantSource.system();
            Stages stages = new Stages(System.out, clock, 1, Terminal.isThere());
            TrainingProgress progress = new TrainingProgress(
                    stages,
                    "run " + settings.runId() + ": "
                            + settings.objective().name().configName());
            TrainerService trainer =
                    new TrainerService(log, settings, clock, progress, meters.trainer(settings.runId()));
            return threads.start(
                    "trainer",
                    () -> {
                        try (progress) {
                            trainer.run();
                        }
                        System.out.println(
                                progress.started()
                                        ? progress.end().orElse("stopped; the same command goes on")
                                        : "run " + settings.runId()
                                                + " has ended before; choose another trainer.runId to train anew");
                        if (config.log().bootstrapServers() == null) {
                            System.out.println(
                                    "evaluation none: no producer is beside this trainer; 'counterflow run' with"
                                            + " trainer.source.mode offline, prompts and scorers evaluates as well");
                        }
                    },
                    trainer);
        }

        /** Names of models become folders; what is not here is fetched. */
        private static TrainerConfig withModelHere(TrainerConfig settings) {
            String name = settings.model();
            if (name == null || !CheckpointSources.isRemote(name) && !Files.isDirectory(Path.of(name))) {
                return settings;
            }
            Path folder =
                    NamedCheckpoints.find(name, policy -> new MemoryCheck().check(settings.withModel(policy), false));
            return CheckpointSources.isRemote(name) ? settings.withModel(folder) : settings;
        }
    }
}
