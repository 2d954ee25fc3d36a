package io.counterflow.scorer.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.sandbox.Executables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that answer wrongly: no completion ever gets another's value. Each script scores the length of a completion. */
@Timeout(300)
class CommandScorerTest {

    private static final String START = """
            import json, os, sys, time
            def answer(r, **more): print(json.dumps({"id": r["id"], "value": len(r["completion"]), **more}), flush=True)
            asked = 0
            for line in sys.stdin:
                r = json.loads(line)
                asked += 1
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void needsPython() {
        assumeTrue(Executables.find("python3").isPresent(), "no python3 here");
    }

    private Scorer scorer(String body) throws Exception {
        Path script = folder.resolve("scorer.py");
        Files.writeString(script, START + body.indent(4));
        Map<String, ?> settings = Map.of("command", List.of("python3", script.toString()));
        return ScorerCatalog.onClassPath().create("command", settings);
    }

    private List<ScoreOutcome> ask(String body, String... completions) throws Exception {
        try (Scorer scorer = scorer(body)) {
            return scorer.score(requests(completions));
        }
    }

    private static List<ScoreRequest> requests(String... completions) {
        List<ScoreRequest> requests = new ArrayList<>();
        for (String completion : completions) {
            // All with one identifier, as the lines of a file may have.
            requests.add(new ScoreRequest("same", "prompt", completion, Map.of()));
        }
        return requests;
    }

    private static void assertEachItsOwnOrFailed(List<ScoreOutcome> outcomes, String cause) {
        assertThat(outcomes).hasSize(4);
        int failed = 0;
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i) instanceof Failed f) {
                failed++;
                assertThat(f.cause()).contains(cause);
            } else {
                assertThat(outcomes.get(i)).isEqualTo(ScoreOutcome.of(i + 1));
            }
        }
        assertThat(failed).isPositive();
    }

    @Test
    void aLineTooManyIsNeverTheNextCompletionsScore() throws Exception {
        assertEachItsOwnOrFailed(
                ask("if asked == 2: print('loading weights', flush=True)\nanswer(r)", "1", "22", "333", "4444"),
                "no outcome (what is to be read by people belongs on standard error): not JSON: loading weights");
        assertEachItsOwnOrFailed(
                ask("answer(r); answer(r)", "1", "22", "333", "4444"),
                "answered \"same#1\" where \"same#2\" was asked");
        assertEachItsOwnOrFailed(
                ask("answer(r)\nif asked == 1: print('{\"value\": 99}', flush=True)", "1", "22", "333", "4444"),
                "does not repeat the \"id\"");
    }

    @Test
    void anAnswerWithoutTheRequestsIdentifierIsNone() throws Exception {
        for (String body : List.of(
                "print(json.dumps({'value': 1}), flush=True)",
                "print(json.dumps({'id': 1, 'value': 1}), flush=True)",
                "print(json.dumps({'id': 'same', 'value': 1}), flush=True)",
                "print(json.dumps({'id': r['id'] + ' ', 'value': 1}), flush=True)",
                "print('', flush=True)",
                "print('[]', flush=True)",
                "sys.stdout.buffer.write(b'\\xff\\n'); sys.stdout.flush()",
                "print('{\"id\": \"' + r['id'], flush=True)")) {
            assertThat(ask(body, "x")).as(body).hasSize(1).allMatch(outcome -> outcome instanceof Failed);
        }
    }

    @Test
    void aProcessThatDiesFailsOneCompletionAndIsStartedAgain() throws Exception {
        assertThat(ask("if asked == 2: sys.exit(3)\nanswer(r)", "1", "22", "333"))
                .containsExactly(
                        ScoreOutcome.of(1),
                        new Failed("the command ended with exit code 3 before it had answered same#2"),
                        ScoreOutcome.of(3));
    }

    @Test
    void aProcessThatTalksBeforeItListensOrNeverReadsHoldsNobodyUpForEver() throws Exception {
        String large = "x".repeat(1 << 20);
        assertThat(ask(
                        "print(' ' * (1 << 20), file=sys.stderr) if False else None\nanswer(r, details={'why': 'y' * (1 << 20)})",
                        large))
                .singleElement()
                .isInstanceOf(Scored.class);
        ScorerSettings calls = new ScorerSettings(1, Duration.ZERO, 1, Duration.ofSeconds(2), 1, null, null, 0);
        try (Scorer scorer = calls.decorate(scorer("time.sleep(1000)"), Duration.ofMinutes(1))) {
            assertThat(scorer.score(requests(large + large))).singleElement().isInstanceOf(TimedOut.class);
        }
    }

    @Test
    void aLineWithoutEndIsAFailureAndTakesBoundedMemory() throws Exception {
        assertThat(ask("while True: sys.stdout.write('x' * 65536)", "x"))
                .containsExactly(new Failed("the command wrote a line of more than 16777216 bytes"));
    }

    @Test
    void detailsThatNoRecordCouldHoldAreCutAndSaySo() throws Exception {
        try (Scorer scorer = ScorerSettings.defaults()
                .decorate(scorer("answer(r, details={'why': 'x' * 9_000_000, 'how': 'so'})"), Duration.ofMinutes(1))) {
            assertThat(scorer.score(requests("1"))).singleElement().isInstanceOfSatisfying(Scored.class, scored -> {
                assertThat(scored.value()).isEqualTo(1);
                assertThat(scored.details()).containsEntry("how", "so");
                assertThat(scored.details().get("why")).endsWith(" ... (cut, it had 9000000 bytes)");
                assertThat(scored.details().get("(cut)")).contains("the details had 9000008 bytes");
            });
        }
    }
}
