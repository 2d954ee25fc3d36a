package io.counterflow.scorer.unittests;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a program is held against. */
public sealed interface Tests {

    /** Tests that are code in the program's language. */
    sealed interface Code extends Tests {

        /** The whole text, as it stands where it shares a file with the program. */
        String text();
    }

    /**
     * Source text.
     *
     * @param text the text
     * @param entryPoint the function that a {@code check(candidate)} is to be called with, as in HumanEval; empty where the tests
     *     know whom to call
     */
    record Source(String text, Optional<String> entryPoint) implements Code {

        /** Checks that there is a text. */
        public Source {
            requireNonNull(entryPoint, "entryPoint is null");
            if (text.isBlank()) {
                throw new IllegalArgumentException("the tests are empty");
            }
        }
    }

    /**
     * Statements, each a test of its own, as in MBPP's {@code test_list}.
     *
     * @param setup what comes before the first of them; may be empty
     * @param statements the statements
     */
    record Statements(String setup, List<String> statements) implements Code {

        /** Checks that there is a statement. */
        public Statements {
            requireNonNull(setup, "setup is null");
            statements = List.copyOf(statements);
            if (statements.stream().allMatch(String::isBlank)) {
                throw new IllegalArgumentException("the list of tests is empty");
            }
        }

        @Override
        public String text() {
            return (setup.isEmpty() ? "" : setup + "\n") + String.join("\n", statements);
        }
    }

    /**
     * Inputs and what is expected of them.
     *
     * @param cases each a test
     */
    record Cases(List<Case> cases) implements Tests {

        /** Checks that there is a case. */
        public Cases {
            cases = List.copyOf(cases);
            if (cases.isEmpty()) {
                throw new IllegalArgumentException("the list of cases is empty");
            }
        }
    }

    /** One input and what is expected of it. */
    sealed interface Case {}

    /**
     * For a program: what it reads and what it is to write.
     *
     * @param stdin its standard input
     * @param stdout its standard output, up to white space at the ends of lines and at the end
     * @param tolerance how far numbers may be off, absolutely or relatively; 0 compares text
     */
    record InputOutput(String stdin, String stdout, double tolerance) implements Case {}

    /**
     * For a function: what it is called with and what it is to return.
     *
     * @param function its name; of a method {@code Class.method}
     * @param arguments positional ones
     * @param keywords those with names
     * @param expected what it returns, empty where it is to throw
     * @param raises the simple name of what it is to throw, empty where it is to return
     * @param tolerance how far numbers may be off, absolutely or relatively
     * @param unordered whether a list or set with the same members in another order is as good
     */
    record Call(
            String function,
            List<JsonNode> arguments,
            Map<String, JsonNode> keywords,
            Optional<JsonNode> expected,
            Optional<String> raises,
            double tolerance,
            boolean unordered)
            implements Case {

        /** Copies the collections. */
        public Call {
            requireNonNull(function, "function is null");
            arguments = List.copyOf(arguments);
            keywords = Map.copyOf(keywords);
            if (expected.isPresent() == raises.isPresent()) {
                throw new IllegalArgumentException("a case has either 'expected' or 'raises'");
            }
        }
    }
}
