package io.counterflow.imports.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.imports.completions.CompletionImporter.Kind;
import io.counterflow.imports.completions.CompletionImporter.Result;
import io.counterflow.imports.completions.NotTaken.Cause;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.lines.BadLinesException;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.ProducerFixture;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Score;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedBroker.class)
class CompletionImporterTest {

    private static final String RUN = "r";

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Tokenizer tokenizer;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) throws IOException {
        embedded = shared;
        Path model = Files.createDirectories(directory.resolve("model"));
        WordLevelTokenizer.write(model, List.of("a", "b", "c", "d", "e", "p", "q"));
        tokenizer = Tokenizer.load(model);
    }

    @AfterAll
    static void closeTokenizer() {
        tokenizer.close();
    }

    private static Result importLines(ProducerFixture fixture, Kind kind, String... lines) throws IOException {
        Path file = Files.createTempFile(directory, "lines", ".jsonl");
        Files.writeString(file, String.join("\n", lines).replace('\'', '"') + "\n");
        Map<String, String> scores = kind == Kind.COMPLETIONS ? Map.of("judge", "reward") : Map.of();
        return new CompletionImporter(
                        fixture.log(), PromptEncoder.of(tokenizer, List.of()), 100, InstantSource.system())
                .importFile(
                        file,
                        new CompletionImporter.Request(
                                kind, RUN, "t", new CompletionColumns(null, null, scores), OnBadLine.FAIL));
    }

    private static Result completions(ProducerFixture fixture, String... lines) throws IOException {
        return importLines(fixture, Kind.COMPLETIONS, lines);
    }

    private static Result preferences(ProducerFixture fixture, String... lines) throws IOException {
        return importLines(fixture, Kind.PREFERENCES, lines);
    }

    private static String line(String completion, double reward) {
        return "{'prompt': 'p ', 'completion': '" + completion + "', 'reward': " + reward + "}";
    }

    private static String pair(String chosen, String rejected) {
        return "{'prompt': 'p ', 'chosen': '" + chosen + "', 'rejected': '" + rejected + "'}";
    }

    /** Each group of the run, by its pass, as {@code text=score} of its completions in order. */
    private static List<String> groups(Log log) {
        Map<String, Double> scores = new HashMap<>();
        try (LogReader<Score> reader = new LogReader<>(log, Topic.SCORES, Score.class)) {
            reader.read(reader.everything(), r -> assertThat(
                            scores.put(r.value().getCompletionId(), r.value().getValue()))
                    .as("one score of each completion")
                    .isNull());
        }
        Map<Long, List<String>> groups = new TreeMap<>();
        try (LogReader<Completion> reader = new LogReader<>(log, Topic.COMPLETIONS, Completion.class)) {
            reader.read(reader.everything(), r -> {
                Completion one = r.value();
                List<String> group = groups.computeIfAbsent(one.getPass(), pass -> new ArrayList<>());
                assertThat(group).as("indices in order").hasSize(one.getIndexInGroup());
                group.add(one.getText() + "=" + scores.get(one.getCompletionId()));
            });
        }
        return groups.values().stream().map(g -> String.join(" ", g)).toList();
    }

    @Test
    void furtherCompletionsOfAPromptMakeAFurtherGroupAndTheSameFileAddsNothing() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "further")) {
            assertThat(completions(fixture, line("a", 0), line("b", 1)).groups())
                    .isEqualTo(1);
            Result second = completions(fixture, line("c", 0.5), line("d", 0.25));
            assertThat(second.groups()).isEqualTo(1);
            assertThat(second.completions()).isEqualTo(2);
            assertThat(groups(fixture.log())).containsExactly("a=0.0 b=1.0", "c=0.5 d=0.25");
            Result again = completions(fixture, line("c", 0.5), line("d", 0.25), line("a", 0));
            assertThat(again.groups()).isZero();
            assertThat(again.there()).isEqualTo(2);
            assertThat(again.notTaken().counts()).isEmpty();
        }
    }

    @Test
    void aFurtherCompletionThatComesAloneStandsBesideAnOldOneOrIsCounted() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "alone")) {
            completions(fixture, line("a", 0), line("b", 1));
            Result alone = completions(fixture, line("c", 0.5));
            assertThat(alone.groups()).isZero();
            assertThat(alone.notTaken().count(Cause.ALONE_FURTHER)).isEqualTo(1);
            assertThat(completions(fixture, line("b", 1), line("c", 0.5)).groups())
                    .isEqualTo(1);
            assertThat(groups(fixture.log())).containsExactly("a=0.0 b=1.0", "b=1.0 c=0.5");
            assertThat(completions(fixture, line("b", 1), line("c", 0.5)).groups())
                    .isZero();
        }
    }

    @Test
    void whatStandsTwiceIsCountedByWhetherItSaysTheSame() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "twice")) {
            Result result = completions(fixture, line("a", 0), line("a", 1), line("b", 1), line("b", 1));
            assertThat(groups(fixture.log())).containsExactly("a=0.0 b=1.0");
            assertThat(result.notTaken().counts()).isEqualTo(Map.of(Cause.OTHER_SCORES, 1, Cause.REPEATED, 1));
            assertThat(result.notTaken().describe("completion", "completions"))
                    .containsExactly(
                            "1 completion in an earlier line already (line 4)",
                            "1 completion in an earlier line already, with other scores; those of the first line were"
                                    + " taken (line 2)");
            assertThat(completions(fixture, line("a", 0), line("b", 0))
                            .notTaken()
                            .counts())
                    .isEqualTo(Map.of(Cause.SCORED_OTHERWISE, 1));
        }
    }

    @Test
    void pairsStayPairs() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "pairs")) {
            Result result = preferences(fixture, pair("a", "b"), pair("b", "c"), pair("a", "b"));
            assertThat(groups(fixture.log())).containsExactly("a=1.0 b=-1.0", "b=1.0 c=-1.0");
            assertThat(result.notTaken().counts()).isEqualTo(Map.of(Cause.REPEATED, 1));
            Result again = preferences(fixture, pair("b", "c"), pair("c", "d"));
            assertThat(again.groups()).isEqualTo(1);
            assertThat(again.there()).isEqualTo(1);
            assertThat(groups(fixture.log())).containsExactly("a=1.0 b=-1.0", "b=1.0 c=-1.0", "c=1.0 d=-1.0");
        }
    }

    @Test
    void completionsThatNobodyComparedAreNoPreference() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "compared")) {
            completions(fixture, line("a", 0.1), line("b", 0.2));
            Result pairs = preferences(fixture, pair("a", "b"));
            assertThat(pairs.groups()).isEqualTo(1);
            assertThat(pairs.notTaken().counts()).isEmpty();
            assertThat(preferences(fixture, pair("b", "a")).notTaken().count(Cause.CONTRADICTS_LOG))
                    .isEqualTo(1);
            assertThat(groups(fixture.log())).containsExactly("a=0.1 b=0.2", "a=1.0 b=-1.0");
        }
    }

    @Test
    void anOldCompletionBesideAFurtherOneKeepsTheScoreThatTheLogHas() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "kept")) {
            completions(fixture, line("a", 0.1), line("b", 0.2));
            Result further = completions(fixture, line("a", 0.9), line("d", 0.4));
            assertThat(further.notTaken().count(Cause.SCORED_OTHERWISE)).isEqualTo(1);
            assertThat(groups(fixture.log())).containsExactly("a=0.1 b=0.2", "a=0.1 d=0.4");
        }
    }

    @Test
    void ofAContradictionNothingIsTakenAndTheLogStays() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "contradiction")) {
            Result result = preferences(fixture, pair("a", "b"), pair("b", "a"), pair("c", "d"));
            assertThat(groups(fixture.log())).containsExactly("c=1.0 d=-1.0");
            assertThat(result.notTaken().counts()).isEqualTo(Map.of(Cause.CONTRADICTION, 2));
            assertThat(preferences(fixture, pair("d", "c")).notTaken().counts())
                    .isEqualTo(Map.of(Cause.CONTRADICTS_LOG, 1));
            assertThat(groups(fixture.log())).containsExactly("c=1.0 d=-1.0");
        }
    }

    @Test
    void anImportLooksBehindTheOpenTransactionsOfOthers() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "hidden");
                Producer<byte[], byte[]> holder =
                        fixture.log().rawProducer(Map.of("transactional.id", "hidden.foreign"))) {
            holder.initTransactions();
            holder.beginTransaction();
            for (int partition = 0; partition < 4; partition++) {
                holder.send(new ProducerRecord<>(
                                fixture.log().topicName(Topic.COMPLETIONS),
                                partition,
                                "x".getBytes(StandardCharsets.UTF_8),
                                new byte[] {1}))
                        .get();
            }
            assertThat(completions(fixture, line("a", 0), line("b", 1)).hidden())
                    .isEmpty();
            Result again = completions(fixture, line("a", 0), line("b", 1));
            assertThat(again.groups()).isZero();
            assertThat(again.there()).isEqualTo(1);
            assertThat(again.hidden()).hasSize(1);
            assertThat(again.hidden().get(0).transaction()).contains("hidden.foreign");
            holder.abortTransaction();
            assertThat(groups(fixture.log())).containsExactly("a=0.0 b=1.0");
            assertThat(completions(fixture, line("a", 0), line("b", 1)).hidden())
                    .isEmpty();
        }
    }

    @Test
    void ofAFileWithABrokenLineNothingIsTaken() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "broken")) {
            assertThatThrownBy(() -> completions(
                            fixture,
                            line("a", 0),
                            line("b", 1),
                            "{'prompt': 'p ', 'completions': ['a'], 'reward': [1, 0]}"))
                    .isInstanceOf(BadLinesException.class)
                    .hasMessageContaining("line 3: 1 completion, 2 scores of judge");
            assertThat(groups(fixture.log())).isEmpty();
        }
    }

    @Test
    void aRunThatWasSampledIsNoPlaceForAnImport() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "sampled")) {
            completions(fixture, line("a", 0), line("b", 1));
            List<Completion> there = new ArrayList<>();
            try (LogReader<Completion> reader = new LogReader<>(fixture.log(), Topic.COMPLETIONS, Completion.class)) {
                reader.read(reader.everything(), r -> there.add(r.value()));
            }
            try (var producer = fixture.log().producer(Map.of())) {
                Completion sampled = Completion.newBuilder(there.get(0))
                        .setPolicyVersion(3)
                        .setOrigin(Origin.SAMPLED)
                        .build();
                producer.send(new ProducerRecord<>(
                                fixture.log().topicName(Topic.COMPLETIONS), sampled.getPromptId(), sampled))
                        .get();
            }
            assertThatThrownBy(() -> completions(fixture, line("c", 0), line("d", 1)))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("run r was sampled from a policy; import under another name");
        }
    }
}
