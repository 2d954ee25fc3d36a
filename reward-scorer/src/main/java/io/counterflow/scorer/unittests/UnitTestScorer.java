package io.counterflow.scorer.unittests;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.unittests.ProgramResult.Broken;
import io.counterflow.scorer.unittests.ProgramResult.Ran;
import io.counterflow.scorer.unittests.ProgramResult.UnusableTests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Scores a program by the tests that it passes.
 *
 * <p>Components: {@code passed}, {@code total}, {@code all} (1 when every test passed, else 0). Details: {@code isolation}; {@code bounds}, how memory and processes were bounded; each test's result under
 * its name, what it wrote under {@code NAME.stdout} and {@code NAME.stderr} where it failed, the compiler's words under {@code
 * compiler}. A program that does not compile, hides its tests, does not end or ends its process has not passed: value 0, or the
 * share of the tests that passed before. {@link Rejected}: no tests, tests that are at fault by themselves or cannot be
 * split, unknown language, program too long. {@link Failed}: the
 * sandbox or the worker broke down. Thread-safe.
 */
public final class UnitTestScorer implements Scorer {

    private static final int MAX_TESTS_DETAILED = 50;

    private final UnitTestsConfig config;
    private final Sandbox sandbox;
    private final Map<String, ProgramRunner> runners = new LinkedHashMap<>();

    /** Makes a scorer that runs programs in {@code sandbox}; languages come up when they are first needed. */
    public UnitTestScorer(UnitTestsConfig config, Sandbox sandbox) {
        this.config = config;
        this.sandbox = sandbox;
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws InterruptedException {
        ScoreOutcome[] outcomes = new ScoreOutcome[batch.size()];
        Map<String, Map<Integer, TestedProgram>> byLanguage = new LinkedHashMap<>();
        for (int i = 0; i < outcomes.length; i++) {
            try {
                TestedProgram program = TestedProgram.of(batch.get(i));
                outcomes[i] = refusal(program);
                if (outcomes[i] == null) {
                    byLanguage
                            .computeIfAbsent(program.language(), l -> new LinkedHashMap<>())
                            .put(i, program);
                }
            } catch (IllegalArgumentException e) {
                outcomes[i] = new Rejected(e.getMessage());
            }
        }
        for (Map.Entry<String, Map<Integer, TestedProgram>> language : byLanguage.entrySet()) {
            List<TestedProgram> programs = List.copyOf(language.getValue().values());
            List<ScoreOutcome> results = run(language.getKey(), programs);
            int next = 0;
            for (int index : language.getValue().keySet()) {
                outcomes[index] = results.get(next++);
            }
        }
        return Arrays.asList(outcomes);
    }

    private ScoreOutcome refusal(TestedProgram program) {
        if (!Languages.NAMES.contains(program.language())) {
            return new Rejected("no unit tests in language '" + program.language() + "'; there are " + Languages.NAMES);
        }
        if (program.source().length() > config.maxProgramCharacters()) {
            return new Rejected("the program has " + program.source().length() + " characters, more than the "
                    + config.maxProgramCharacters() + " of maxProgramCharacters");
        }
        if (!Languages.holdsTests(program)) {
            return new Rejected(
                    "the prompt's metadata 'tests' holds no test: " + Languages.expected(program.language()));
        }
        if (!Characters.wellFormed(program.source())) {
            return new Rejected("the program has half of a surrogate pair in it, which no file can hold");
        }
        if (program.tests() instanceof Tests.Code code && !Characters.wellFormed(code.text())) {
            return new Rejected("the prompt's tests have half of a surrogate pair in them, which no file can hold");
        }
        return null;
    }

    private List<ScoreOutcome> run(String language, List<TestedProgram> programs) throws InterruptedException {
        try {
            List<ScoreOutcome> outcomes = new ArrayList<>();
            for (ProgramResult result : runner(language).run(programs)) {
                outcomes.add(outcome(result));
            }
            return outcomes;
        } catch (IOException e) {
            return java.util.Collections.nCopies(
                    programs.size(), new Failed("running " + language + " programs failed: " + e.getMessage()));
        }
    }

    private ProgramRunner runner(String language) throws IOException {
        synchronized (runners) {
            ProgramRunner runner = runners.get(language);
            if (runner == null) {
                runner = Languages.runner(language, sandbox, config);
                runners.put(language, runner);
            }
            return runner;
        }
    }

    private ScoreOutcome outcome(ProgramResult result) {
        if (result instanceof UnusableTests tests) {
            return new Rejected(Characters.clean(tests.cause()));
        }
        return result instanceof Ran ran ? scored(ran) : new Failed(Characters.clean(((Broken) result).cause()));
    }

    private ScoreOutcome scored(Ran ran) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("isolation", ran.isolation().name().toLowerCase(Locale.ROOT));
        details.put("bounds", sandbox.bounds());
        if (!ran.compiled()) {
            details.put("compiler", ran.messages());
        } else if (ran.tests().isEmpty()) {
            details.put("compiler", "the completion hides the tests");
        }
        int passed = 0;
        for (TestResult test : ran.tests()) {
            passed += test.passed() ? 1 : 0;
            if (details.size() < MAX_TESTS_DETAILED) {
                describe(test, details);
            }
        }
        int total = ran.tests().size();
        boolean all = total > 0 && passed == total;
        double value =
                switch (config.value()) {
                    case SHARE -> total == 0 ? 0 : (double) passed / total;
                    case ALL -> all ? 1 : 0;
                };
        Map<String, Double> components =
                Map.of("passed", (double) passed, "total", (double) total, "all", all ? 1.0 : 0.0);
        details.replaceAll((name, text) -> Characters.clean(text));
        return new Scored(value, components, details);
    }

    private static void describe(TestResult test, Map<String, String> details) {
        String time = test.time().toNanos() / 1000 + " µs";
        details.put(
                test.name(),
                test.status().words() + " (" + time + ")" + (test.message().isEmpty() ? "" : ": " + test.message()));
        if (!test.passed()) {
            if (!test.stdout().isEmpty()) {
                details.put(test.name() + ".stdout", test.stdout());
            }
            if (!test.stderr().isEmpty()) {
                details.put(test.name() + ".stderr", test.stderr());
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (runners) {
            for (ProgramRunner runner : runners.values()) {
                runner.close();
            }
            runners.clear();
        }
    }
}
