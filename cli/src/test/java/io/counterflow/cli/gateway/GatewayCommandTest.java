package io.counterflow.cli.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.cli.Counterflow;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Term;
import io.counterflow.scorer.rescore.SampledCompletions;
import io.counterflow.scorer.streams.StreamsSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class GatewayCommandTest {

    private static final Pattern ADDRESS = Pattern.compile("http://[0-9.]+:[0-9]+");

    @TempDir
    static Path folder;

    private static EmbeddedLog embedded;
    private static Log log;

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(folder.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
    }

    @AfterAll
    static void stop() {
        log.close();
        embedded.close();
    }

    private static int run(StringWriter said, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--data",
                folder.resolve("data").toString(),
                "--bootstrap-servers",
                embedded.config().bootstrapServers(),
                "--schema-registry",
                embedded.config().schemaRegistryUrl()));
        PrintWriter writer = new PrintWriter(said, true);
        return Counterflow.commandLine().setOut(writer).setErr(writer).execute(all.toArray(String[]::new));
    }

    /** The command, on a thread of its own. */
    private record Running(ExecutorService thread, Future<Integer> exit, StringWriter said) {

        static Running start(String... arguments) {
            StringWriter said = new StringWriter();
            ExecutorService thread = Executors.newSingleThreadExecutor();
            return new Running(thread, thread.submit(() -> run(said, arguments)), said);
        }

        URI address() {
            return await().atMost(Duration.ofMinutes(2))
                    .until(
                            () -> {
                                assertThat(exit.isDone()).as(said.toString()).isFalse();
                                Matcher found = ADDRESS.matcher(said.toString());
                                return found.find() ? URI.create(found.group()) : null;
                            },
                            address -> address != null);
        }

        int stop() throws Exception {
            thread.shutdownNow();
            return exit.get();
        }
    }

    private static int post(URI address, Completion completion, double value) throws Exception {
        String token = Files.readString(folder.resolve("data/gateway.token")).strip();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address.resolve("/scores"))
                                .header("Authorization", "Bearer " + token)
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString("{\"completion\": \""
                                        + completion.getCompletionId() + "\", \"scorer\": \"thumbs\", \"value\": "
                                        + value + "}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void aScoreJoinsAnOpenGroupAndAfterItHasClosedTheNextRescoreTakesIt() throws Exception {
        List<Completion> sampled = SampledCompletions.publish(log, "past", 2, 2, 5);
        Running gateway = Running.start("gateway", "--port", "0");
        URI address = gateway.address();
        CountDownLatch givenUp = new CountDownLatch(1);
        AssemblerListener listener = new AssemblerListener() {
            @Override
            public void closed(ScoredGroup group) {}

            @Override
            public void givenUp(ScoredGroup group, String cause) {
                givenUp.countDown();
            }
        };
        Recipe recipe = new Recipe("thumbs", List.of(Term.of("thumbs")), Duration.ofSeconds(12), null);
        StreamsSettings streams = new StreamsSettings(null, null, folder.resolve("streams"), null, null, null, null);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (AssemblerService assembler =
                new AssemblerService(log, new AssemblerConfig(recipe, null, null, streams), listener)) {
            var unused = threads.submit(() -> {
                assembler.run();
                return null;
            });
            assertThat(post(address, sampled.get(0), 1)).isEqualTo(201);
            assertThat(post(address, sampled.get(1), -1)).isEqualTo(201);
            givenUp.await();
        } finally {
            threads.shutdown();
        }
        List<ScoredGroup> open = groups("scored-groups");
        assertThat(open).singleElement().satisfies(group -> {
            assertThat(group.getClosedBy()).isEqualTo(ClosedBy.COMPLETE);
            assertThat(group.getMembers()).extracting(m -> m.getReward()).containsExactly(1.0, -1.0);
        });

        assertThat(post(address, sampled.get(2), 0.5)).isEqualTo(201);
        assertThat(post(address, sampled.get(3), 0.25)).isEqualTo(201);
        assertThat(gateway.stop()).isEqualTo(130);
        Path file = Files.writeString(
                folder.resolve("thumbs.yaml"), "name: thumbs\nscorers: [{scorer: thumbs}]\ngroupWait: 12s\n");
        StringWriter said = new StringWriter();
        assertThat(run(said, "rescore", "--recipe", file.toString(), "--run", "past"))
                .as(said.toString())
                .isZero();
        assertThat(said.toString()).contains("made 2 groups; reused 4 scores");
        assertThat(groups("scored-groups.thumbs")).hasSize(2);
    }

    private static List<ScoredGroup> groups(String topic) {
        List<ScoredGroup> groups = new ArrayList<>();
        try (LogReader<ScoredGroup> reader = new LogReader<>(log, topic, ScoredGroup.class)) {
            reader.read(reader.everything(), record -> groups.add(record.value()));
        }
        return groups;
    }

    @Test
    void theTokenIsItsOwnersAloneAndStaysTheSame() throws Exception {
        Path file = folder.resolve("own/gateway.token");
        String[] command = {"gateway", "--port", "0", "--token-file", file.toString()};
        Running first = Running.start(command);
        assertThat(first.address()).hasHost("127.0.0.1");
        String token = Files.readString(file);
        assertThat(token).hasSize(65);
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(first.stop()).isEqualTo(130);
        Running second = Running.start(command);
        assertThat(second.address()).hasHost("127.0.0.1");
        assertThat(Files.readString(file)).isEqualTo(token);
        assertThat(second.stop()).isEqualTo(130);
    }

    @Test
    void withoutATokenItListensToThisMachineAlone() {
        StringWriter said = new StringWriter();
        assertThat(run(said, "gateway", "--no-token", "--host", "0.0.0.0")).isEqualTo(2);
        assertThat(said.toString()).contains("others would write to the log");
    }

    @Test
    void aFileThatHoldsNoTokenIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("short.token"), "short\n");
        StringWriter said = new StringWriter();
        assertThat(run(said, "gateway", "--token-file", file.toString())).isEqualTo(2);
        assertThat(said.toString()).contains(file + " holds no token");
    }
}
