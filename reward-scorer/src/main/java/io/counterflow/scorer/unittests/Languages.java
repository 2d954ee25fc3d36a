package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Sandbox;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/** The languages that tests can be in. */
final class Languages {

    static final List<String> NAMES = List.of("java");

    private static final Pattern JAVA_TESTS =
            Pattern.compile("\\bstatic\\b[^;{}()]*\\b(test\\w*\\s*\\(\\s*\\)|main\\s*\\()");

    private Languages() {}

    /** Whether the tests, as their author wrote them, have anything that can be run. */
    static boolean holdsTests(TestedProgram program) {
        return JAVA_TESTS.matcher(program.tests()).find();
    }

    static String expected(String language) {
        return "a " + language + " program needs a class with static methods test...() or a static main(String[])";
    }

    static ProgramRunner runner(String language, Sandbox sandbox, UnitTestsConfig config) throws IOException {
        return switch (language) {
            case "java" -> new JavaPrograms(sandbox, config.heapMegabytes(), config.testLimit(), config.compileLimit());
            default -> throw new IOException("no runner for language " + language);
        };
    }
}
