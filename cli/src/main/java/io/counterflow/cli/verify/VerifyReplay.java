package io.counterflow.cli.verify;

import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.checkpoint.CheckpointConfig;
import io.counterflow.trainer.checkpoint.Sha256;
import io.counterflow.trainer.ledger.LedgerReader;
import io.counterflow.trainer.ledger.RunLedger;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import io.counterflow.trainer.step.BatchConfig;
import io.counterflow.trainer.step.OptimizerSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Runs a job while a killer is at work, and again undisturbed, and compares.
 *
 * <p>Completions are scored and assembled while a near-online trainer learns from what arrives; trainer, broker and
 * Streams applications are killed (SIGKILL) at random moments. Its ledger is then replayed in one go. After that the
 * groups are trained on offline twice: undisturbed, and with the trainer killed. Weights, optimizer state and ledger have
 * to be the same bytes, and every group has to be used once.
 */
public final class VerifyReplay {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String LIVE = "near-online";
    private static final String UNDISTURBED = "undisturbed";
    private static final String KILLED = "killed";

    private final Drill drill;
    private final Consumer<String> out;
    private final SplittableRandom random;
    private final LogConfig config;
    private final int[] ports;
    private int trainerKills;
    private int brokerKills;
    private int scoringKills;

    /** @param out is told what happens, line by line */
    public VerifyReplay(Drill drill, Consumer<String> out) throws IOException {
        this.drill = drill;
        this.out = out;
        this.random = new SplittableRandom(drill.seed());
        this.ports = freePorts();
        this.config = LogConfig.of("127.0.0.1:" + ports[0], "http://127.0.0.1:" + ports[1]);
    }

    /** @return what does not hold, in words; empty where everything does */
    public List<String> run() throws IOException, InterruptedException {
        out.accept("seed " + drill.seed() + ", files in " + drill.directory());
        DrillSamples.makePolicy(model(), drill.seed());
        try (Parts parts = new Parts(drill.directory(), config, ports);
                Log log = new Log(config)) {
            parts.startBroker();
            parts.awaitBroker();
            log.createTopics();
            DrillSamples.publish(log, drill.groups(), drill.seed());
            out.accept("published " + drill.groups() + " groups of completions");
            trainWhileEverythingIsKilled(parts, log);
            List<String> faults = new ArrayList<>(checkGroups(log));
            checkReplay(log, faults);
            trainUndisturbed(parts, UNDISTURBED);
            trainWhileTheTrainerIsKilled(parts, log);
            compare(log, faults);
            out.accept("killed " + new KillCounts(trainerKills, brokerKills, scoringKills));
            return faults;
        }
    }

    private void trainWhileEverythingIsKilled(Parts parts, Log log) throws IOException, InterruptedException {
        parts.startScoring();
        parts.startTrainer(trainer(LIVE));
        long deadline = System.nanoTime() + PATIENCE.toNanos() * (1 + drill.kills() / 5);
        int liveKills = drill.kills() / 3;
        while (!ended(log, LIVE)) {
            parts.pause(Duration.ofMillis(random.nextInt(300, 4000)));
            if (brokerKills < drill.brokerKills() && random.nextInt(3) == 0) {
                parts.killBroker();
                brokerKills++;
                parts.awaitBroker();
            } else if (scoringKills < drill.scoringKills() && random.nextInt(2) == 0) {
                parts.killScoring();
                scoringKills++;
            } else if (trainerKills < liveKills) {
                parts.killTrainer();
                trainerKills++;
            }
            parts.restartWhatIsDown(trainer(LIVE));
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "the near-online run did not end; see the files in " + drill.directory());
            }
        }
        parts.awaitTrainer();
        parts.stopScoring();
        out.accept("near-online run ended; so far killed " + new KillCounts(trainerKills, brokerKills, scoringKills));
    }

    private void trainUndisturbed(Parts parts, String run) throws IOException, InterruptedException {
        parts.startTrainer(trainer(run));
        parts.awaitTrainer();
        out.accept("offline run ended undisturbed");
    }

    private void trainWhileTheTrainerIsKilled(Parts parts, Log log) throws IOException, InterruptedException {
        int left = Math.max(0, drill.kills() - trainerKills);
        for (int kill = 0; kill < left && !ended(log, KILLED); kill++) {
            long from = new LedgerReader(log).read(KILLED).lastPlanned();
            long upTo =
                    from + 1 + random.nextInt(1 + Math.max(1, 2 * (drill.steps() - (int) from) / (left - kill + 1)));
            parts.startTrainer(trainer(KILLED));
            while (parts.trainerAlive() && parts.trainerStep() < Math.min(upTo, drill.steps() - 1)) {
                parts.pause(Duration.ofMillis(20));
            }
            parts.pause(Duration.ofMillis(random.nextInt(1, 80)));
            if (parts.trainerAlive()) {
                parts.killTrainer();
                trainerKills++;
            }
        }
        parts.startTrainer(trainer(KILLED));
        parts.awaitTrainer();
        out.accept("offline run ended, killed again and again");
    }

    private static boolean ended(Log log, String run) {
        return new LedgerReader(log).read(run).ended().isPresent();
    }

    /** Every group once in the log. */
    private List<String> checkGroups(Log log) {
        List<String> ids = new ArrayList<>();
        try (LogReader<ScoredGroup> reader = new LogReader<>(log, Topic.SCORED_GROUPS, ScoredGroup.class)) {
            reader.read(reader.everything(), record -> ids.add(record.value().getGroupId()));
        }
        return once("the log of scored groups", ids);
    }

    private List<String> once(String where, List<String> ids) {
        int distinct = new HashSet<>(ids).size();
        return ids.size() == drill.groups() && distinct == ids.size()
                ? List.of()
                : List.of(where + " has " + ids.size() + " groups, " + distinct + " different ones; there should be "
                        + drill.groups());
    }

    private void checkReplay(Log log, List<String> faults) {
        if (!new Replay(log, ReplayRequest.of(LIVE), TrainerListener.none())
                .run()
                .identical()) {
            faults.add("replaying the near-online run gave other weights or other losses");
        }
        out.accept("near-online run replayed from its ledger");
    }

    private void compare(Log log, List<String> faults) throws IOException {
        for (String run : List.of(LIVE, UNDISTURBED, KILLED)) {
            faults.addAll(once(
                    "the ledger of run " + run,
                    new LedgerReader(log)
                            .read(run).planned().values().stream()
                                    .flatMap(plan -> plan.getGroups().stream())
                                    .map(GroupPosition::getGroupId)
                                    .toList()));
        }
        RunLedger undisturbed = new LedgerReader(log).read(UNDISTURBED);
        RunLedger killed = new LedgerReader(log).read(KILLED);
        same("ledger", undisturbed.canonicalSha256(), killed.canonicalSha256(), faults);
        String last = "step-%08d".formatted(drill.steps());
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "config.json", "tokenizer.json")) {
            same(
                    file,
                    Sha256.of(trainer(UNDISTURBED)
                            .checkpointFolder()
                            .resolve(last)
                            .resolve(file)),
                    Sha256.of(trainer(KILLED).checkpointFolder().resolve(last).resolve(file)),
                    faults);
        }
    }

    private void same(String what, String undisturbed, String killed, List<String> faults) {
        out.accept("%-21s  never killed %s  killed %s".formatted(what, undisturbed, killed));
        if (!undisturbed.equals(killed)) {
            faults.add(what + " differs");
        }
    }

    private Path model() {
        return drill.directory().resolve("policy");
    }

    private TrainerConfig trainer(String run) {
        SourceConfig source = run.equals(LIVE)
                ? new SourceConfig(
                        SourceMode.FOLLOW, List.of(DrillSamples.RUN), null, null, null, null, null, null, null, null)
                : SourceConfig.offline(List.of(DrillSamples.RUN), 1);
        return new TrainerConfig(
                run,
                model().toString(),
                null,
                drill.directory().resolve("runs").toString(),
                ObjectiveConfig.copg(0.1),
                OptimizerSettings.constant(1e-3),
                new BatchConfig(Drill.GROUPS_IN_STEP, null),
                (long) drill.steps(),
                source,
                new CheckpointConfig(10, 3, null),
                null,
                null,
                drill.seed(),
                null);
    }

    private static int[] freePorts() throws IOException {
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new int[] {one.getLocalPort(), other.getLocalPort()};
        }
    }
}
