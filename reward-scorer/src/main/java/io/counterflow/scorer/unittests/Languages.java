package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Sandbox;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/** The languages that programs and their tests can be in. */
final class Languages {

    static final List<String> NAMES = List.of("java", "javascript", "python");

    private static final Pattern JAVA_TESTS = Pattern.compile(
            "\\bstatic\\b[^;{}()]*\\b(test\\w*\\s*\\(\\s*\\)|main\\s*\\()", Pattern.UNICODE_CHARACTER_CLASS);

    private Languages() {}

    /** Whether the tests, as their author wrote them, have anything that can be run. */
    static boolean holdsTests(TestedProgram program) {
        // In a scripting language any statement is a test.
        return !(program.language().equals("java") && program.tests() instanceof Tests.Source source)
                || JAVA_TESTS.matcher(source.text()).find();
    }

    static String expected(String language) {
        return "a " + language + " program needs a class with static methods test...() or a static main(String[])";
    }

    static ProgramRunner runner(String language, Sandbox sandbox, UnitTestsConfig config) throws IOException {
        // The processor's time is limited too, lest a process that nobody waits for any more goes on.
        long seconds = 10 + config.programLimit().toSeconds();
        return switch (language) {
            case "java" ->
                config.isolation() == Isolation.PROCESS
                        ? new JavaTrials(sandbox, config)
                        : new JavaPrograms(sandbox, config.heapMegabytes(), config.testLimit(), config.compileLimit());
            case "javascript" -> new ScriptPrograms(sandbox, Interpreter.javascript(seconds), config);
            case "python" -> new ScriptPrograms(sandbox, Interpreter.python(seconds, sandbox.isolates()), config);
            default -> throw new IOException("no runner for language " + language);
        };
    }
}
