package io.counterflow.scorer.unittests;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.ScoreRequest;
import java.util.Map;

/**
 * A completion made into a program with tests, as its prompt's metadata says.
 *
 * <ul>
 *   <li>{@code language}: {@code java}, {@code python} or {@code javascript}.
 *   <li>{@code tests}: source text. Java: a class with static methods without parameters whose names begin with {@code test},
 *       each a test of its own, which fails by throwing; or a class with a {@code main} that throws when a test fails, as in
 *       MBXP and HumanEval-X, which counts as one test.
 *   <li>{@code program}, optional: a template in which <code>{prompt}</code> and <code>{completion}</code> are replaced. Without
 *       it the program is the prompt followed by the completion. A line break and the tests come after it.
 * </ul>
 *
 * @param language in which language it is
 * @param source the whole program, tests included
 * @param testsOffset where the tests begin in it, in characters
 */
public record TestedProgram(String language, String source, int testsOffset) {

    /** Checks that the tests begin inside the program. */
    public TestedProgram {
        requireNonNull(language, "language is null");
        if (testsOffset < 0 || testsOffset > source.length()) {
            throw new IllegalArgumentException(
                    "tests begin at " + testsOffset + " in a program of " + source.length() + " characters");
        }
    }

    /**
     * Makes the program.
     *
     * @throws IllegalArgumentException when metadata that is needed is missing, with a message that names it
     */
    public static TestedProgram of(ScoreRequest request) {
        Map<String, String> metadata = request.metadata();
        String tests = require(metadata, "tests");
        String language = require(metadata, "language");
        String program;
        String template = metadata.get("program");
        if (template == null) {
            program = request.prompt() + request.completion();
        } else {
            int at = template.indexOf("{completion}");
            if (at < 0) {
                throw new IllegalArgumentException("the prompt's metadata 'program' has no {completion} in it");
            }
            // Piece by piece: braces in the completion must not be taken for the template's.
            program = template.substring(0, at).replace("{prompt}", request.prompt())
                    + request.completion()
                    + template.substring(at + "{completion}".length()).replace("{prompt}", request.prompt());
        }
        return new TestedProgram(language, program + "\n" + tests, program.length() + 1);
    }

    private static String require(Map<String, String> metadata, String name) {
        String value = metadata.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("the prompt's metadata has no '" + name + "'");
        }
        return value;
    }

    /** The tests alone. */
    String tests() {
        return source.substring(testsOffset);
    }
}
