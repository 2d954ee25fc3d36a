package io.counterflow.scorer.unittests;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreRequest;
import java.util.Map;

/**
 * A completion made into a program, and what it is held against, as its prompt's metadata says. The two are kept apart.
 *
 * <ul>
 *   <li>{@code language}: {@code java}, {@code python} or {@code javascript}.
 *   <li>{@code tests} or {@code cases}: see {@link Tests} and {@code docs/scorers.md}.
 *   <li>{@code program}, optional: a template in which <code>{prompt}</code> and <code>{completion}</code> are replaced. Without
 *       it the program is the prompt followed by the completion.
 * </ul>
 *
 * @param language in which language it is
 * @param source the whole program, without tests
 * @param given what of the source comes before the completion: the task's own words, which no policy wrote
 * @param tests what it is held against
 */
public record TestedProgram(String language, String source, String given, Tests tests) {

    /** Checks that nothing is missing. */
    public TestedProgram {
        requireNonNull(language, "language is null");
        requireNonNull(tests, "tests is null");
        if (!source.startsWith(given)) {
            throw new IllegalArgumentException("the program does not begin with what is given");
        }
    }

    /**
     * Makes the program.
     *
     * @throws IllegalArgumentException when metadata that is needed is missing or cannot be read, with a message that names it
     */
    public static TestedProgram of(ScoreRequest request) {
        Map<String, String> metadata = request.metadata();
        Tests tests = TestsMetadata.of(metadata);
        String language = metadata.getOrDefault("language", "");
        if (language.isBlank()) {
            throw new IllegalArgumentException("the prompt's metadata has no 'language'");
        }
        String template = metadata.getOrDefault("program", "{prompt}{completion}");
        int at = template.indexOf("{completion}");
        if (at < 0) {
            throw new IllegalArgumentException("the prompt's metadata 'program' has no {completion} in it");
        }
        // Piece by piece: braces in the completion must not be taken for the template's.
        String given = template.substring(0, at).replace("{prompt}", request.prompt());
        String source = given
                + request.completion()
                + template.substring(at + "{completion}".length()).replace("{prompt}", request.prompt());
        return new TestedProgram(language, source, given, tests);
    }

    /**
     * Program and tests in one file, for {@link Isolation#SHARED}.
     *
     * @throws IllegalStateException where the tests are no code
     */
    String joined() {
        return source + "\n" + code().text();
    }

    /** Where the tests begin in {@link #joined()}, in characters. */
    int testsOffset() {
        return source.length() + 1;
    }

    /**
     * The tests, which are code.
     *
     * @throws IllegalStateException where they are not
     */
    Tests.Code code() {
        if (tests instanceof Tests.Code code) {
            return code;
        }
        throw new IllegalStateException("the tests are cases");
    }
}
