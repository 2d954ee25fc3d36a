package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.sandbox.Sandbox;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Forms of tests, cases, and what cannot be split. */
class JavaTrialsTest {

    private static final String ADDER = "class Adder { static int add(int a, int b) { return a + b; } }";

    private static UnitTestScorer scorer;

    @BeforeAll
    static void start() throws Exception {
        scorer = new UnitTestScorer(UnitTestsConfigs.testLimit(Duration.ofSeconds(5)), Sandbox.detect(true));
    }

    @AfterAll
    static void stop() throws Exception {
        scorer.close();
    }

    private static ScoreOutcome score(String prompt, String completion, String key, String value) throws Exception {
        return scorer.score(List.of(new ScoreRequest("1", prompt, completion, Map.of("language", "java", key, value))))
                .get(0);
    }

    private static double value(String completion, String key, String value) throws Exception {
        return ((Scored) score("", completion, key, value)).value();
    }

    @Test
    void testsThatBeginWithImportsAndStatementsAndUmlautsAreRun() throws Exception {
        assertThat(
                        value(
                                ADDER,
                                "tests",
                                "import java.util.List;\nclass T { static void testÄpfel() { if (List.of(Adder.add(1, 2)).get(0) != 3) throw new AssertionError(); } }"))
                .isOne();
        assertThat(value(ADDER, "tests", "[\"assert Adder.add(1, 2) == 3;\", \"assert Adder.add(1, 2) == 4\"]"))
                .isEqualTo(0.5);
        assertThat(value(ADDER, "tests", "class T { static boolean testOne() { return Adder.add(1, 2) == 4; } }"))
                .isZero();
    }

    @Test
    void testsAtFaultByThemselvesAreRejected() throws Exception {
        for (String tests : List.of(
                "class T { static void test() { if (Adder.add( != 1) throw new AssertionError(); } }",
                "import org.junit.jupiter.api.Test; class T { @Test static void test() { } }",
                "class T { @Test static void test() { } }")) {
            assertThat(score("", ADDER, "tests", tests))
                    .as(tests)
                    .isInstanceOfSatisfying(
                            Rejected.class, r -> assertThat(r.cause()).startsWith("the prompt's metadata 'tests' "));
        }
    }

    @Test
    void whatTheTestsMissInTheProgramIsTheProgramsFailure() throws Exception {
        Scored scored =
                (Scored) score("", ADDER, "tests", "class T { static void test() { assert Adder.sub(1, 2) == 3; } }");
        assertThat(scored.value()).isZero();
        assertThat(scored.details().get("compiler"))
                .contains("do not fit the program")
                .contains("sub");
    }

    @Test
    void testsThatExtendAClassOfTheTaskShareAProcessUnlessThatIsRefused() throws Exception {
        String prompt = "abstract class A { abstract int g(); int f() { return g() + 1; } }\n";
        String tests =
                "class T { static class C extends A { int g() { return 1; } } static void test() { if (new C().f() != 2) throw new AssertionError(); } }";
        assertThat(score(prompt, "", "tests", tests)).isInstanceOfSatisfying(Scored.class, s -> {
            assertThat(s.value()).isOne();
            assertThat(s.details()).containsEntry("isolation", "shared");
        });
        UnitTestsConfig refusing =
                UnitTestsConfigs.of(Map.of("unsplittableTests", "REJECTED", "allowUnsandboxed", true));
        try (UnitTestScorer strict = new UnitTestScorer(refusing, Sandbox.detect(true))) {
            ScoreRequest request = new ScoreRequest("1", prompt, "", Map.of("language", "java", "tests", tests));
            assertThat(strict.score(List.of(request)).get(0))
                    .isInstanceOfSatisfying(
                            Rejected.class, r -> assertThat(r.cause()).contains("cannot be split"));
        }
    }

    @Test
    void whetherTestsThatExtendAClassShareAProcessDoesNotDependOnTheCompletion() throws Exception {
        String unknown = "class T { static class C extends Base { } static void test() { assert new C() != null; } }";
        for (String completion : List.of("class Base { }", "class Other { }", "interface Base { }")) {
            assertThat(score("", completion, "tests", unknown))
                    .as(completion)
                    .isInstanceOfSatisfying(
                            Scored.class, s -> assertThat(s.details()).containsEntry("isolation", "shared"));
        }
        for (String parent : List.of("RuntimeException", "java.util.TimerTask", "TimerTask", "ArrayList<String>")) {
            String own = "class T { static abstract class C extends " + parent
                    + " { } static void test() { assert P.one() == 1; } }";
            for (String completion : List.of(
                    "class P { static int one() { return 1; } }",
                    "class TimerTask { } class P { static int one() { return 1; } }",
                    "class RuntimeException { } class ArrayList<T> { } class P { static int one() { return 1; } }")) {
                assertThat(score("", completion, "tests", own))
                        .as("%s, %s", parent, completion)
                        .isInstanceOfSatisfying(
                                Scored.class, s -> assertThat(s.details()).containsEntry("isolation", "process"));
            }
        }
    }

    @Test
    void aCompletionCannotMakeTestsShareItsProcess() throws Exception {
        String tests = "class T { static void test() { if (P.run(new Step() { public int go() { return 3; } }) != 4)"
                + " throw new AssertionError(); } }";
        Scored split = (Scored) score(
                "",
                "interface Step { int go(); } class P { static int run(Step s) { return s.go() + 1; } }",
                "tests",
                tests);
        assertThat(split.value()).as("%s", split.details()).isOne();
        Scored other = (Scored) score(
                "",
                "class Step { public int go() { return 0; } } class P { static int run(Step s) { return 4; } }",
                "tests",
                tests);
        assertThat(other.value()).isZero();
        assertThat(other.details()).containsEntry("isolation", "process");
    }

    @Test
    void aProgramIsHeldAgainstInputsAndOutputs() throws Exception {
        String cases = "[{\"stdin\": \"1 2\\n\", \"stdout\": \"3\"}, {\"stdin\": \"5 6\", \"stdout\": \"11\"}]";
        String main = "import java.util.*; class Main { static int n; public static void main(String[] a) {"
                + " Scanner s = new Scanner(System.in); n += s.nextInt() + s.nextInt(); System.out.println(n); %s } }";
        assertThat(value(main.formatted(""), "cases", cases)).isOne();
        assertThat(value(main.formatted("System.exit(0);"), "cases", cases)).isOne();
        assertThat(value(main.formatted("System.exit(1);"), "cases", cases)).isZero();
        assertThat(value(main.formatted("if (n == 11) throw new RuntimeException();"), "cases", cases))
                .isEqualTo(0.5);
    }

    @Test
    void aMethodIsHeldAgainstArgumentsAndResults() throws Exception {
        String solution =
                "import java.util.*; class Solution { public int[] pair(int[] a, long t) { return t > 9 ? null : new int[] {0, a.length}; }"
                        + " Map<String, List<Double>> map(List<Double> d, String k) { return Map.of(k, d); }"
                        + " void reverse(char[] s) { char c = s[0]; s[0] = s[1]; s[1] = c; }"
                        + " static Object lie(int x) { return new Object() { public boolean equals(Object o) { return true; } }; } }";
        String cases = "[{\"call\": \"pair\", \"arguments\": [[2, 7], 9], \"expected\": [0, 2]},"
                + " {\"call\": \"Solution().pair\", \"arguments\": [[2], 10], \"expected\": null},"
                + " {\"call\": \"map\", \"arguments\": [[1, 2.5], \"k\"], \"expected\": {\"k\": [1.0, 2.5]}},"
                + " {\"call\": \"Solution.reverse\", \"arguments\": [[\"a\", \"b\"]], \"expected\": [\"b\", \"a\"]}]";
        Scored scored = (Scored) score("", solution, "cases", cases);
        assertThat(scored.value()).as("%s", scored.details()).isOne();
        assertThat(value(solution, "cases", "[{\"call\": \"lie\", \"arguments\": [1], \"expected\": 2}]"))
                .isZero();
    }
}
