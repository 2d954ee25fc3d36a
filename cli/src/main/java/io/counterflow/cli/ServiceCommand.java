package io.counterflow.cli;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.LogAccess;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.cli.run.ServiceThreads;
import io.counterflow.log.Log;
import io.counterflow.producer.ProducerService;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.service.ScoringListener;
import io.counterflow.scorer.service.ScoringService;
import io.counterflow.trainer.TrainerService;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** One service alone, until its work is done or it is told to stop. */
abstract class ServiceCommand implements Callable<Integer> {

    private static final int INTERRUPTED = 130;

    @Mixin
    private ConfigOptions options;

    /** Starts what belongs to the service and says when its work is done; what never is, never completes. */
    abstract CompletableFuture<Void> start(Log log, RunConfig config, ServiceThreads threads) throws Exception;

    @Override
    public Integer call() throws Exception {
        RunConfig config = RunConfig.of(options.read());
        if (config.log().bootstrapServers() == null) {
            throw new ConfigException("log.bootstrapServers is not set; a service alone needs a cluster to work on"
                    + " (--bootstrap-servers and --schema-registry)");
        }
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread());
                LogAccess access = LogAccess.open(config.log(), options.folders());
                ServiceThreads threads = new ServiceThreads()) {
            access.log().createTopics();
            threads.await(start(access.log(), config, threads));
            return 0;
        } catch (InterruptedException e) {
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
    static final class Producer extends ServiceCommand {
        @Override
        CompletableFuture<Void> start(Log log, RunConfig config, ServiceThreads threads) {
            ProducerService producer =
                    new ProducerService(log, require(config.producer(), "producer"), InstantSource.system());
            return threads.start("producer", producer::run, producer);
        }
    }

    /** {@code counterflow reward-scorer}. */
    @Command(
            name = "reward-scorer",
            description = "Scores completions and assembles groups, until it is stopped. Several share the work.",
            mixinStandardHelpOptions = true)
    static final class RewardScorer extends ServiceCommand {
        @Override
        CompletableFuture<Void> start(Log log, RunConfig config, ServiceThreads threads) throws Exception {
            AssemblerService assembler = new AssemblerService(log, config.assembler(), AssemblerListener.NONE);
            ScoringService scoring = new ScoringService(log, config.scoring(), ScoringListener.NONE);
            threads.start("assembler", ServiceThreads.unchecked(assembler::run), assembler);
            return threads.start("reward-scorer", ServiceThreads.unchecked(scoring::run), scoring);
        }
    }

    /** {@code counterflow trainer}. */
    @Command(
            name = "trainer",
            description = "Learns from scored groups until the run's last step.",
            mixinStandardHelpOptions = true)
    static final class Trainer extends ServiceCommand {
        @Override
        CompletableFuture<Void> start(Log log, RunConfig config, ServiceThreads threads) {
            TrainerService trainer =
                    new TrainerService(log, require(config.trainer(), "trainer"), InstantSource.system());
            return threads.start("trainer", trainer::run, trainer);
        }
    }
}
