package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.sandbox.Executables;
import io.counterflow.scorer.sandbox.Sandbox;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests as data, and tests that test nothing. */
class CasesTest {

    private UnitTestScorer scorer;

    @BeforeEach
    void start() throws Exception {
        scorer = new UnitTestScorer(UnitTestsConfig.defaults(), Sandbox.detect(true));
    }

    @AfterEach
    void stop() throws Exception {
        scorer.close();
    }

    private ScoreOutcome outcome(String language, String program, String... metadata) throws Exception {
        assumeTrue(
                Executables.find(language.equals("python") ? "python3" : "node").isPresent(), "no interpreter here");
        Map<String, String> all = new HashMap<>(Map.of("language", language));
        for (int i = 0; i < metadata.length; i += 2) {
            all.put(metadata[i], metadata[i + 1]);
        }
        return scorer.score(List.of(new ScoreRequest("c", "", program, all))).get(0);
    }

    private double value(String language, String program, String... metadata) throws Exception {
        ScoreOutcome outcome = outcome(language, program, metadata);
        assertThat(outcome).isInstanceOf(Scored.class);
        return ((Scored) outcome).value();
    }

    @Test
    void aProgramsOutputIsComparedAsJudgesDo() throws Exception {
        String cases =
                "[{\"stdin\": \"1 2\\n\", \"stdout\": \"3\\n\"}, {\"stdin\": \"5 6\", \"stdout\": \"11  \\n\\n\"}]";
        String python = "a, b = map(int, input().split())\nprint(a + b, '')\n";
        assertThat(value("python", python, "cases", cases)).isOne();
        assertThat(value("python", python.replace("+", "-"), "cases", cases)).isZero();
        assertThat(value("python", "print(3)\n", "cases", cases)).isEqualTo(0.5);
        assertThat(value("python", python + "import sys; sys.exit(1)\n", "cases", cases))
                .isZero();
        String javascript =
                "const [a, b] = require('fs').readFileSync(0, 'utf8').split(/\\s+/).map(Number);\nconsole.log(a + b);\n";
        assertThat(value("javascript", javascript, "cases", cases)).isOne();
        assertThat(value("javascript", javascript.replace("+ b", "- b"), "cases", cases))
                .isZero();
    }

    @Test
    void aFunctionsResultIsComparedOutside() throws Exception {
        String cases = "[{\"call\": \"f\", \"arguments\": [[3, 1]], \"expected\": [1, 3]},"
                + " {\"call\": \"f\", \"arguments\": [[0.2, 0.1]], \"expected\": [0.1, 0.2000000001]}]";
        assertThat(value("python", "def f(xs): return tuple(sorted(xs))\n", "cases", cases))
                .isOne();
        assertThat(value("javascript", "const f = (xs) => xs.sort((a, b) => a - b);\n", "cases", cases))
                .isOne();
        String agrees = "def f(xs):\n    class L(list):\n        def __eq__(self, o): return True\n    return L([9])\n";
        assertThat(value("python", agrees, "cases", cases)).isZero();
        String throwing = "[{\"call\": \"f\", \"arguments\": [1], \"raises\": \"ValueError\"}]";
        assertThat(value("python", "def f(x): raise ValueError('no')\n", "cases", throwing))
                .isOne();
        assertThat(value("python", "def f(x): return 1\n", "cases", throwing)).isZero();
        String keywords =
                "[{\"call\": \"Solution.f\", \"arguments\": [1], \"keywords\": {\"b\": 2}, \"expected\": {\"1\": true}}]";
        assertThat(value("python", "class Solution:\n    def f(self, a, b): return {a: b == 2}\n", "cases", keywords))
                .isOne();
    }

    @Test
    void theColumnsOfTheUsualDataSetsAreRead() throws Exception {
        String sum = "a, b = map(int, input().split())\nprint(a + b)\n";
        assertThat(value("python", sum, "input_output", "{\"inputs\": [\"1 2\\n\"], \"outputs\": [\"3\\n\"]}"))
                .isOne();
        assertThat(value("python", sum, "tests", "[{\"input\": \"1 2\", \"output\": \"3\", \"testtype\": \"stdin\"}]"))
                .isOne();
        assertThat(value(
                        "python",
                        "class Solution:\n    def add(self, a, b): return a + b\n",
                        "input_output",
                        "{\"fn_name\": \"add\", \"inputs\": [[1, 2]], \"outputs\": [3]}"))
                .isOne();
        assertThat(value(
                        "python",
                        "def add(a, b): return a + b\n",
                        "test_list",
                        "[\"assert add(1, 2) == 3\", \"assert add(1, 2) == 4\"]"))
                .isEqualTo(0.5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "python|# assert add(1, 2) == 3|no statement",
                "python|x = add(1, 2)|no assertion",
                "python|def test_one()|do not compile by themselves",
                "python|def test_one(tmp_path): assert add(1, 2) == 3|fixture",
                "python|def check(candidate): assert candidate(1, 2) == 3|entry_point",
                "python|import not_installed_here; assert add(1, 2) == 3|at fault by themselves",
                "javascript|// console.assert(add(1, 2) === 3)|no statement",
                "javascript|const x = add(1, 2);|no assertion",
                "javascript|function testOne( {|do not compile by themselves",
                "javascript|const check = (candidate) => console.assert(candidate(1, 2) === 3);|entry_point",
            })
    void testsThatTestNothingAreRejectedWithASentence(String language, String tests, String sentence) throws Exception {
        String program = language.equals("python") ? "def add(a, b): return 0\n" : "function add(a, b) { return 0; }\n";
        ScoreOutcome outcome = outcome(language, program, "tests", tests);
        assertThat(outcome).isInstanceOf(Rejected.class);
        assertThat(((Rejected) outcome).cause()).contains(sentence);
    }

    @Test
    void testsThatCannotBeSplitSaySoAndCanBeRefused() throws Exception {
        String tests = "import threading\ndef test_a(): assert add(1, 2) == 3\n";
        String program = "def add(a, b): return a + b\n";
        Scored shared = (Scored) outcome("python", program, "tests", tests);
        assertThat(shared.value()).isOne();
        assertThat(shared.details()).containsEntry("isolation", "shared");
        Scored split = (Scored) outcome("python", program, "tests", "def test_a(): assert add(1, 2) == 3\n");
        assertThat(split.details()).containsEntry("isolation", "process");
        UnitTestsConfig refusing =
                new UnitTestsConfig(null, null, UnsplittableTests.REJECTED, null, null, null, null, null, null);
        try (UnitTestScorer other = new UnitTestScorer(refusing, Sandbox.detect(true))) {
            ScoreOutcome outcome = other.score(
                            List.of(new ScoreRequest("c", "", program, Map.of("language", "python", "tests", tests))))
                    .get(0);
            assertThat(outcome).isInstanceOf(Rejected.class);
            assertThat(((Rejected) outcome).cause()).contains("they import threading");
        }
    }
}
