package io.counterflow.cli.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.counterflow.cli.Counterflow;
import io.counterflow.cli.verify.JavaProcess;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.producer.TinyPolicy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands that a cluster runs, each a process of its own, as a user starts them. */
class ServicesAloneTest {

    private static final long SEED = System.nanoTime();
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int STEPS = 40;
    private static final Pattern ADDRESSES = Pattern.compile("--bootstrap-servers (\\S+) --schema-registry (\\S+)");

    @TempDir
    Path directory;

    private final Map<String, JavaProcess> running = new LinkedHashMap<>();
    private Path configuration;

    @BeforeEach
    void writeConfiguration() throws Exception {
        TinyPolicy.write(directory.resolve("base"), "alone", 0, false);
        configuration = directory.resolve("run.yaml");
        Files.writeString(configuration, """
                        log: {partitions: 2}
                        producer:
                          runId: alone
                          task: sums
                          groupsPerBatch: 4
                          sampling: {maxTokens: 8}
                          backPressure: {stopAbove: 8, resumeBelow: 4}
                        scoring:
                          scorers: [{kind: length, version: "1"}]
                          streams: {stateFolder: %1$s/streams}
                        assembler:
                          streams: {stateFolder: %1$s/streams}
                        trainer:
                          runId: alone
                          model: %1$s/base
                          directory: %1$s/runs
                          steps: %2$d
                          batch: {groups: 4}
                          checkpoint: {every: 5}
                        """.formatted(directory, STEPS));
    }

    @AfterEach
    void stopEverything() throws Exception {
        List<JavaProcess> processes = new ArrayList<>(running.values());
        java.util.Collections.reverse(processes);
        for (JavaProcess process : processes) {
            process.close();
        }
    }

    @Test
    @Timeout(300)
    void everyServiceIsKilledOnceAndNothingIsLostOrCountedTwice() throws Exception {
        String[] log = startBroker();
        Path prompts = writePrompts();
        assertThat(run("import", "prompts", prompts.toString(), "--task", "sums", log[0], log[1], log[2], log[3]))
                .isZero();

        List<String> services = List.of("producer", "reward-scorer", "trainer");
        for (String service : services) {
            startService(service, log);
        }
        try (Log access = new Log(LogConfig.of(log[1], log[3]))) {
            SplittableRandom random = new SplittableRandom(SEED);
            int step = 0;
            for (String service : services) {
                step += random.nextInt(4, 11);
                awaitStep(access, step);
                running.get(service).kill();
                startService(service, log);
            }
            assertThat(running.get("trainer").exitCode())
                    .as("seed %d, %s", SEED, running.get("trainer").output())
                    .isZero();
            assertThat(running.get("producer").exitCode())
                    .as("seed %d, %s", SEED, running.get("producer").output())
                    .isZero();
            nothingIsLostOrCountedTwice(access);
        }
    }

    @Test
    @Timeout(300)
    void aWholeRunOnABrokerOfAnotherProcessIsKilledAndGoesOn() throws Exception {
        String[] log = startBroker();
        start("run", wholeRun(log));
        try (Log access = new Log(LogConfig.of(log[1], log[3]))) {
            awaitStep(access, new SplittableRandom(SEED).nextInt(4, 20));
            running.get("run").kill();

            start("run", "--resume", "--run", "alone");

            assertThat(running.get("run").exitCode())
                    .as("seed %d, %s", SEED, running.get("run").output())
                    .isZero();
            assertThat(running.get("run").output()).contains("log: the cluster at " + log[1]);
            nothingIsLostOrCountedTwice(access);
        }
    }

    @Test
    void aBrokerThatIsAwayIsNamed() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        assertThat(run(
                        "run",
                        wholeRun(
                                "--bootstrap-servers",
                                "localhost:" + port,
                                "--schema-registry",
                                "http://localhost:" + port,
                                "--kafka",
                                "default.api.timeout.ms=3000",
                                "--kafka",
                                "request.timeout.ms=2000")))
                .isEqualTo(1);
        assertThat(running.get("run").output().lines())
                .filteredOn(line -> line.startsWith("counterflow: "))
                .singleElement()
                .asString()
                .contains("localhost:" + port);
    }

    @Test
    void aPortThatIsTakenIsNamedInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            String data = directory.resolve("data").toString();
            assertThat(run("broker", "--data", data, "--kafka-port", port, "--registry-port", "0"))
                    .isEqualTo(1);
            assertThat(running.get("broker").output().lines())
                    .singleElement()
                    .asString()
                    .contains("port " + port + " for the embedded broker is taken", "choose another");
        }
    }

    /**
     * What {@code counterflow run} is told.
     *
     * @param log options by which the run finds it
     */
    private String[] wholeRun(String... log) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "--config",
                configuration.toString(),
                "--run",
                "alone",
                "--set",
                "prompts=[{file: " + writePrompts() + "}]"));
        command.addAll(List.of(log));
        return command.toArray(String[]::new);
    }

    private void nothingIsLostOrCountedTwice(Log log) {
        List<String> sampled = ids(log, Topic.COMPLETIONS, Completion.class, c -> List.of(c.getCompletionId()));
        List<String> scored = ids(log, Topic.SCORES, Score.class, s -> List.of(s.getCompletionId()));
        List<String> grouped = ids(log, Topic.SCORED_GROUPS, ScoredGroup.class, g -> g.getMembers().stream()
                .map(GroupMember::getCompletionId)
                .toList());
        RunLedger ledger = new LedgerReader(log).read("alone");
        List<String> trained = ledger.planned().values().stream()
                .flatMap(plan -> plan.getGroups().stream())
                .map(GroupPosition::getGroupId)
                .toList();
        List<String> groups = ids(log, Topic.SCORED_GROUPS, ScoredGroup.class, g -> List.of(g.getGroupId()));

        assertThat(sampled).as("completions, seed %d", SEED).doesNotHaveDuplicates();
        assertThat(scored).as("scores, seed %d", SEED).doesNotHaveDuplicates().isSubsetOf(sampled);
        assertThat(grouped).as("members, seed %d", SEED).doesNotHaveDuplicates().isSubsetOf(scored);
        assertThat(trained)
                .as("groups trained, seed %d", SEED)
                .hasSize(STEPS * 4)
                .doesNotHaveDuplicates()
                .isSubsetOf(groups);
        assertThat(ledger.endedStep()).isEqualTo(STEPS);
        assertThat(new Replay(log, ReplayRequest.of("alone"), TrainerListener.none())
                        .run()
                        .identical())
                .as("replay, seed %d", SEED)
                .isTrue();
    }

    private static <T extends SpecificRecord> List<String> ids(
            Log log, Topic topic, Class<T> type, Function<T, List<String>> of) {
        List<String> ids = new ArrayList<>();
        try (LogReader<T> reader = new LogReader<>(log, topic, type)) {
            reader.read(reader.everything(), r -> ids.addAll(of.apply(r.value())));
        }
        return ids;
    }

    private void awaitStep(Log log, long step) {
        LedgerReader ledger = new LedgerReader(log);
        await().atMost(LIMIT).until(() -> {
            for (JavaProcess process : running.values()) {
                if (!process.alive()) {
                    throw new AssertionError("a service ended early: " + process.output());
                }
            }
            return ledger.read("alone").lastPlanned() >= step;
        });
    }

    private Path writePrompts() throws Exception {
        return Files.write(
                directory.resolve("prompts.txt"),
                TinyPolicy.prompts(60).stream()
                        .map(text -> "{\"prompt\": \"" + text + "\"}")
                        .toList());
    }

    /** Starts one and gives where it is, as options. */
    private String[] startBroker() throws Exception {
        start("broker", "--data", directory.resolve("data").toString(), "--kafka-port", "0", "--registry-port", "0");
        JavaProcess broker = running.get("broker");
        await().atMost(LIMIT).until(() -> ADDRESSES.matcher(broker.output()).find() || !broker.alive());
        Matcher found = ADDRESSES.matcher(broker.output());
        assertThat(found.find()).as(broker.output()).isTrue();
        return new String[] {"--bootstrap-servers", found.group(1), "--schema-registry", found.group(2)};
    }

    private void startService(String service, String[] log) throws Exception {
        start(service, "--config", configuration.toString(), log[0], log[1], log[2], log[3]);
    }

    private int run(String command, String... arguments) throws Exception {
        return start(command, arguments).exitCode();
    }

    private JavaProcess start(String command, String... arguments) throws Exception {
        List<String> all = new ArrayList<>();
        all.add(command);
        all.addAll(List.of(arguments));
        if (!command.equals("broker")) {
            all.addAll(List.of("--data", directory.resolve("data-of-" + command).toString()));
        }
        JavaProcess process = JavaProcess.start(Counterflow.class, "512m", directory.resolve(command + ".txt"), all);
        if (command.equals("import")) {
            return process;
        }
        running.put(command, process);
        return process;
    }
}
