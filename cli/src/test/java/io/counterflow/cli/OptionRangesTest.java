package io.counterflow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Every numeric option of every command refuses numbers out of reason, before the command does anything. */
class OptionRangesTest {

    private static final List<String> OUT_OF_REASON = List.of("9e18", "-9e18", "-1", "NaN", "Infinity");
    private static final Set<Class<?>> NUMBERS = Set.of(
            int.class, Integer.class, long.class, Long.class, double.class, Double.class, float.class, Float.class);

    @TestFactory
    Stream<DynamicTest> everyNumericOptionRefusesWhatIsOutOfReason() {
        List<DynamicTest> tests = new ArrayList<>();
        collect(Counterflow.commandLine(), List.of(), tests);
        assertThat(tests).hasSizeGreaterThan(40);
        return tests.stream();
    }

    private static void collect(CommandLine command, List<String> path, List<DynamicTest> tests) {
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (NUMBERS.contains(option.type()) && !option.longestName().equals("--seed")) {
                tests.add(DynamicTest.dynamicTest(
                        String.join(" ", path) + " " + option.longestName(), () -> refuses(command, path, option)));
            }
        }
        command.getSubcommands().forEach((name, sub) -> {
            List<String> longer = new ArrayList<>(path);
            longer.add(name);
            collect(sub, longer, tests);
        });
    }

    private static void refuses(CommandLine command, List<String> path, OptionSpec option) {
        for (String value : OUT_OF_REASON) {
            List<String> arguments = new ArrayList<>(path);
            // What else must be there is given something, or another fault would come first.
            Set<Object> chosen = new HashSet<>();
            for (OptionSpec other : command.getCommandSpec().options()) {
                // Of options that exclude each other, one.
                boolean first = other.group() == null || !other.group().exclusive() || chosen.add(other.group());
                if (other.required() && !other.equals(option) && first) {
                    arguments.add(other.longestName() + "=1");
                }
            }
            command.getCommandSpec().positionalParameters().stream()
                    .filter(CommandLine.Model.PositionalParamSpec::required)
                    .forEach(p -> arguments.add("SCORES"));
            arguments.add(option.longestName() + "=" + value);
            StringWriter err = new StringWriter();
            int code = Counterflow.commandLine().setErr(new PrintWriter(err)).execute(arguments.toArray(String[]::new));
            assertThat(code).as(arguments + ": " + err).isEqualTo(2);
            assertThat(err.toString().lines().findFirst().orElse(""))
                    .as(String.valueOf(arguments))
                    .contains(option.longestName());
        }
    }
}
