package io.counterflow.cli.verify;

import io.counterflow.files.Sha256;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogException;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerConfigBuilder;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.checkpoint.CheckpointConfig;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.replay.AuditReport;
import io.counterflow.trainer.replay.CheckpointAudit;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import io.counterflow.trainer.replay.ReplayResult;
import io.counterflow.trainer.step.BatchConfig;
import io.counterflow.trainer.step.OptimizerSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Runs a job while a killer is at work, and again undisturbed, and compares.
 *
 * <p>First a near-online run: a producer samples from the policy as it is trained, its completions are scored and
 * assembled, a trainer learns from what arrives, and published policies are evaluated on held-out prompts; producer,
 * Streams applications, broker and trainer are killed (SIGKILL) at random moments. Its ledger is then replayed in one go.
 * After that its groups are trained on offline, twice: undisturbed, and with the trainer killed. Weights, optimizer state
 * and ledger have to be the same bytes, and every group has to be used exactly once a pass.
 */
public final class VerifyReplay {

    /** Without any progress; what takes seconds here takes minutes on a machine that has forty other things to do. */
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private static final String LIVE = "near-online";
    private static final String UNDISTURBED = "undisturbed";
    private static final String KILLED = "killed";

    private final Drill drill;
    private final Consumer<String> out;
    private final SplittableRandom random;
    private final LogConfig config;
    private final int[] ports;
    private final KillCounts kills = new KillCounts();

    /** @param out is told what happens, line by line */
    public VerifyReplay(Drill drill, Consumer<String> out) throws IOException {
        this.drill = drill;
        this.out = out;
        this.random = new SplittableRandom(drill.seed());
        this.ports = freePorts();
        this.config = LogConfig.of("127.0.0.1:" + ports[0], "http://127.0.0.1:" + ports[1]);
    }

    /**
     * Runs the drill.
     *
     * @return what does not hold, in words; empty where everything does
     * @throws NotFinishedException where this machine did not bring it to its end, so that nothing was shown
     */
    public List<String> run() throws IOException, InterruptedException {
        try {
            return perform();
        } catch (KafkaException | LogException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof RetriableException) {
                    throw new NotFinishedException(
                            "a request to the broker was not answered in time (" + cause.getMessage()
                                    + "); see the files in " + drill.directory(),
                            e);
                }
            }
            throw e;
        }
    }

    private List<String> perform() throws IOException, InterruptedException {
        out.accept("seed " + drill.seed() + ", files in " + drill.directory());
        DrillFixture.makePolicy(drill.model(), drill.seed());
        Findings findings = new Findings(out);
        try (Parts parts = new Parts(drill.directory(), config, ports)) {
            parts.startBroker();
            parts.awaitBroker();
            try (Log log = new Log(config)) {
                log.createTopics();
                DrillFixture.importPrompts(log, drill.directory(), InstantSource.system(), drill.seed());
            }
            trainWhileEverythingIsKilled(parts);
            try (Log log = new Log(config)) {
                LogEvidence evidence = awaitScores(parts, log);
                replayLive(log, findings);
                trainUndisturbed(parts);
                trainWhileTheTrainerIsKilled(parts, log);
                out.accept("killed " + kills);
                evidence.check(findings);
                evidence.checkLive(findings, LIVE);
                evidence.checkOffline(findings, UNDISTURBED, Drill.EPOCHS);
                evidence.checkOffline(findings, KILLED, Drill.EPOCHS);
                evidence.checkEvaluations(
                        findings,
                        evaluatedVersions(),
                        DrillFixture.HELD_OUT * ProducerProcess.EVALUATION_SAMPLES,
                        LIVE,
                        UNDISTURBED,
                        KILLED);
                compare(log, findings);
            }
            return findings.faults();
        }
    }

    private void trainWhileEverythingIsKilled(Parts parts) throws IOException, InterruptedException {
        TrainerConfig run = trainer(LIVE);
        parts.startScoring();
        parts.startTrainer(run);
        parts.startProducer(LIVE, drill.seed());
        List<Part> victims = victims();
        for (int i = 0; i < victims.size(); i++) {
            // Spread over the run, each in a part of its own.
            long share = Math.max(1, drill.steps() / (victims.size() + 1));
            long step = i * share + random.nextLong(1, share + 1);
            await("step " + step + " of the near-online run", parts, run, () -> parts.trainerStep() >= step);
            parts.pause(Duration.ofMillis(random.nextInt(1, 300)));
            if (!parts.done(Part.TRAINER)) {
                parts.kill(victims.get(i));
                kills.add(victims.get(i));
            }
            parts.restartWhatIsDown(run);
        }
        await(
                "the end of the near-online run",
                parts,
                run,
                () -> parts.done(Part.TRAINER) && parts.done(Part.PRODUCER));
        out.accept("near-online run of " + drill.steps() + " steps ended; so far killed " + kills);
    }

    private List<Part> victims() {
        List<Part> ordered = new ArrayList<>();
        for (Part part : Part.values()) {
            int times =
                    switch (part) {
                        case TRAINER -> drill.liveKills();
                        case BROKER -> drill.brokerKills();
                        case SCORING -> drill.scoringKills();
                        case PRODUCER -> drill.producerKills();
                    };
            for (int i = 0; i < times; i++) {
                ordered.add(part);
            }
        }
        List<Part> shuffled = new ArrayList<>();
        while (!ordered.isEmpty()) {
            shuffled.add(ordered.remove(random.nextInt(ordered.size())));
        }
        return shuffled;
    }

    @FunctionalInterface
    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private void await(String what, Parts parts, TrainerConfig run, Condition condition)
            throws IOException, InterruptedException {
        long step = -1;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            parts.restartWhatIsDown(run);
            parts.pause(Duration.ofMillis(20));
            if (parts.trainerStep() > step) {
                step = parts.trainerStep();
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
            if (System.nanoTime() > deadline) {
                throw new NotFinishedException(what + " did not come, and no step within " + PATIENCE.toMinutes()
                        + " min; see the files in " + drill.directory());
            }
        }
    }

    private LogEvidence awaitScores(Parts parts, Log log) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        LogEvidence evidence = new LogEvidence(log, LIVE);
        while (!evidence.complete() && System.nanoTime() < deadline) {
            parts.restartWhatIsDown(trainer(LIVE));
            parts.pause(Duration.ofMillis(500));
            int before = evidence.scored();
            evidence = new LogEvidence(log, LIVE);
            if (evidence.scored() > before) {
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
        }
        parts.stopScoring();
        return evidence;
    }

    private void replayLive(Log log, Findings findings) throws IOException {
        Path again = drill.directory().resolve("replayed");
        ReplayResult replay =
                new Replay(log, new ReplayRequest(LIVE, null, null, null, again), TrainerListener.none()).run();
        findings.claim(
                LIVE + ": replayed from the log in one go, " + replay.step()
                        + " steps with the same losses and metrics",
                replay.identical() && replay.step() == drill.steps());
        Path checkpoint = lastCheckpoint(log, LIVE);
        for (String file : drill.checkpointFiles().subList(0, 2)) {
            findings.same(
                    file,
                    "replayed",
                    Sha256.of(again.resolve(file)),
                    "killed while live",
                    Sha256.of(checkpoint.resolve(file)));
        }
    }

    private void trainUndisturbed(Parts parts) throws IOException, InterruptedException {
        parts.startTrainer(trainer(UNDISTURBED));
        parts.awaitTrainer(trainer(UNDISTURBED));
        out.accept("offline run ended undisturbed");
    }

    private void trainWhileTheTrainerIsKilled(Parts parts, Log log) throws IOException, InterruptedException {
        long steps = new LedgerReader(log).read(UNDISTURBED).lastPlanned();
        int victims = drill.offlineKills();
        long share = Math.max(1, steps / (victims + 1));
        for (int i = 0; i < victims; i++) {
            long step = i * share + random.nextLong(1, share + 1);
            parts.startTrainer(trainer(KILLED));
            while (parts.trainerAlive() && parts.trainerStep() < step) {
                parts.pause(Duration.ofMillis(10));
            }
            parts.pause(Duration.ofMillis(random.nextInt(1, 60)));
            if (parts.trainerAlive()) {
                parts.kill(Part.TRAINER);
                kills.add(Part.TRAINER);
            }
        }
        parts.startTrainer(trainer(KILLED));
        parts.awaitTrainer(trainer(KILLED));
        out.accept("offline run of " + steps + " steps ended, killed again and again");
    }

    private List<Long> evaluatedVersions() {
        TreeSet<Long> versions = new TreeSet<>(List.of(0L, (long) drill.steps()));
        for (long step = drill.evaluateEvery(); step < drill.steps(); step += drill.evaluateEvery()) {
            versions.add(step);
        }
        return List.copyOf(versions);
    }

    private void compare(Log log, Findings findings) throws IOException {
        String never = "never killed";
        String killed = "killed";
        findings.same(
                "ledger",
                never,
                new LedgerReader(log).read(UNDISTURBED).canonicalSha256(),
                killed,
                new LedgerReader(log).read(KILLED).canonicalSha256());
        for (String file : drill.checkpointFiles()) {
            findings.same(
                    file,
                    never,
                    Sha256.of(lastCheckpoint(log, UNDISTURBED).resolve(file)),
                    killed,
                    Sha256.of(lastCheckpoint(log, KILLED).resolve(file)));
        }
        for (String run : List.of(LIVE, KILLED)) {
            AuditReport audit = new CheckpointAudit(log, lastCheckpoint(log, run)).run(used -> {});
            String claim = run + ": the audit of the last checkpoint finds no fault";
            findings.claim(audit.holds() ? claim : claim + "; it found: " + audit.faults(), audit.holds());
        }
    }

    private Path lastCheckpoint(Log log, String run) {
        long step = new LedgerReader(log).read(run).lastPlanned();
        return trainer(run).checkpointFolder().resolve("step-%08d".formatted(step));
    }

    private TrainerConfig trainer(String run) {
        TrainerConfigBuilder settings = TrainerConfig.of(run, drill.model())
                .lora(drill.lora())
                .directory(drill.directory().resolve("runs"))
                .objective(ObjectiveConfig.copg(0.1))
                .optimizer(OptimizerSettings.constant(1e-3))
                .checkpoint(new CheckpointConfig(10, 3, null))
                .seed(drill.seed());
        if (run.equals(LIVE)) {
            return settings.source(SourceConfig.live())
                    .batch(BatchConfig.of(Drill.GROUPS_IN_STEP))
                    .steps(drill.steps())
                    .evaluateEvery(drill.evaluateEvery())
                    .build();
        }
        // Two passes in steps of twice the size are about as many steps.
        return settings.source(SourceConfig.offline(List.of(LIVE), Drill.EPOCHS))
                .batch(BatchConfig.of(Drill.EPOCHS * Drill.GROUPS_IN_STEP))
                .build();
    }

    private static int[] freePorts() throws IOException {
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new int[] {one.getLocalPort(), other.getLocalPort()};
        }
    }
}
