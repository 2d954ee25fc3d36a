package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.sandbox.Sandbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class JavaUnitTestsTest {

    private static final String TEMPLATE = """
            import static java.lang.Math.*;
            class Program {
                static int f(int a, int b) {
                    return {completion}
                }
            }
            """;
    private static final String TESTS = """
            class Tests {
                static void check(int actual, int expected) {
                    if (actual != expected) throw new AssertionError(actual + " instead of " + expected);
                }
                static void testSevenAndThree() { check(Program.f(7, 3), 19); }
                static void testFourAndNine() { check(Program.f(4, 9), 25); }
                static void testMinusFiveAndTwo() { check(Program.f(-5, 2), 4); }
            }
            """;

    private static UnitTestScorer scorer;

    @BeforeAll
    static void start() throws Exception {
        UnitTestsConfig config =
                new UnitTestsConfig(null, null, null, Duration.ofSeconds(3), null, null, null, null, true);
        scorer = new UnitTestScorer(config, Sandbox.detect(true));
    }

    @AfterAll
    static void stop() throws Exception {
        scorer.close();
    }

    @Test
    void aCorrectCompletionPassesAllTests() throws Exception {
        Scored scored = scored("( ( max ( a , b ) ) * 3 ) - 2 ;");
        assertThat(scored.value()).isEqualTo(1);
        assertThat(scored.components()).containsEntry("all", 1.0).containsEntry("passed", 3.0);
        assertThat(scored.details().get("testFourAndNine")).startsWith("passed (");
    }

    @Test
    void theScoreIsTheShareOfTestsPassed() throws Exception {
        Scored scored = scored("( ( a ) * 3 ) - 2 ;");
        assertThat(scored.value()).isEqualTo(1.0 / 3);
        assertThat(scored.details().get("testFourAndNine")).contains("failed").contains("10 instead of 25");
    }

    @Test
    void aCompletionThatDoesNotCompileScoresZeroAndSaysWhy() throws Exception {
        Scored scored = scored("( ( max ( a b ) ) * 3 ;");
        assertThat(scored.value()).isZero();
        assertThat(scored.details().get("compiler")).startsWith("line 4:");
    }

    @Test
    void oneBadProgramDoesNotChangeTheOthersOfItsBatch() throws Exception {
        List<ScoreRequest> batch = new ArrayList<>();
        List<Double> expected = new ArrayList<>();
        for (String completion : List.of(
                "max(a, b) * 3 - 2;",
                "max(a, b * 3 - 2;",
                "undefined(a);",
                "} } class Program {",
                "\"text\";",
                "max(b, a) * 3 - 2;",
                "a / 0;",
                "f(a, b) + f(b, a) + 1;")) {
            batch.add(request(completion));
            expected.add(completion.startsWith("max(") && completion.contains(") *") ? 1.0 : 0.0);
        }
        assertThat(scorer.score(batch)).extracting(o -> ((Scored) o).value()).isEqualTo(expected);
    }

    @Test
    void aProgramThatNeverEndsFailsTheTestAndTheNextOneRuns() throws Exception {
        List<ScoreOutcome> outcomes = scorer.score(List.of(
                request("max(a, b) * 3 - 2;"),
                request("19; } static { if (true) { while (true) { } }"),
                request("max(b, a) * 3 - 2;")));
        assertThat(outcomes).extracting(o -> ((Scored) o).value()).containsExactly(1.0, 0.0, 1.0);
        assertThat(((Scored) outcomes.get(1)).details().get("testSevenAndThree"))
                .contains("time limit");
        assertThat(((Scored) outcomes.get(1)).details().get("testFourAndNine")).contains("not run");
    }

    @Test
    void leavingTheProcessIsNoWayToPass() throws Exception {
        for (String exit : List.of("System.exit(0)", "Runtime.getRuntime().halt(0)")) {
            List<ScoreOutcome> outcomes =
                    scorer.score(List.of(request("19; } static { " + exit + "; "), request("max(a, b) * 3 - 2;")));
            assertThat(outcomes).extracting(o -> ((Scored) o).value()).containsExactly(0.0, 1.0);
            assertThat(((Scored) outcomes.get(0)).details().get("testSevenAndThree"))
                    .contains("ended the process");
        }
    }

    @Test
    void aMainThatThrowsIsATestThatFails() throws Exception {
        String tests = """
                class Main {
                    public static void main(String[] args) throws Exception {
                        if (!Greeter.greet("you").equals("hello you")) throw new Exception("wrong: " + Greeter.greet("you"));
                    }
                }
                """;
        String prompt = "import java.util.*;\n\nclass Greeter {\n    static String greet(String name) {\n";
        List<ScoreOutcome> outcomes = scorer.score(List.of(
                new ScoreRequest(
                        "1", prompt, "return \"hello \" + name; } }", Map.of("language", "java", "tests", tests)),
                new ScoreRequest(
                        "2",
                        prompt,
                        "System.err.println(\"oh\"); return name; } }",
                        Map.of("language", "java", "tests", tests))));
        assertThat(outcomes).extracting(o -> ((Scored) o).value()).containsExactly(1.0, 0.0);
        assertThat(((Scored) outcomes.get(1)).details())
                .containsEntry("main.stderr", "oh\noh\n")
                .hasEntrySatisfying("main", text -> assertThat(text).contains("wrong: you"));
    }

    @Test
    void aCompletionCannotBringTestsOfItsOwn() throws Exception {
        assertThat(scored("0; } } class Main { public static void main(String[] a) { } static void test() { ")
                        .value())
                .isZero();
        Scored hidden = scored("0; } } class T { static void test() { } } /*");
        assertThat(hidden.value()).isZero();
    }

    @Test
    void promptsWithoutUsableTestsAreRejected() throws Exception {
        assertThat(scorer.score(List.of(
                        new ScoreRequest("1", "", "x", Map.of("language", "java")),
                        new ScoreRequest("2", "", "x", Map.of("language", "cobol", "tests", "x")),
                        new ScoreRequest("3", "", "x", Map.of("language", "java", "tests", "class T { }")),
                        new ScoreRequest(
                                "4",
                                "",
                                "x",
                                Map.of("language", "java", "tests", TESTS, "program", "no place for it")))))
                .allSatisfy(o -> assertThat(o).isInstanceOf(Rejected.class))
                .extracting(o -> ((Rejected) o).cause())
                .containsExactly(
                        "the prompt's metadata has no 'tests' and no 'cases'",
                        "no unit tests in language 'cobol'; there are " + Languages.NAMES,
                        "the prompt's metadata 'tests' holds no test: a java program needs a class with static methods"
                                + " test...() or a static main(String[])",
                        "the prompt's metadata 'program' has no {completion} in it");
    }

    private static Scored scored(String completion) throws Exception {
        return (Scored) scorer.score(List.of(request(completion))).get(0);
    }

    private static ScoreRequest request(String completion) {
        return new ScoreRequest(
                completion,
                "the larger of a and b , times 3 , minus 2",
                completion,
                Map.of("language", "java", "program", TEMPLATE, "tests", TESTS));
    }
}
