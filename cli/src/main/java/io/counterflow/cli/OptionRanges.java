package io.counterflow.cli;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Refuses numbers out of reason on the command line before anything is done: a count is from 0 to a thousand million, a real number from 0 to a
 * million, unless the option has a range of its own here. What an option's command asks beyond that, it says itself.
 */
final class OptionRanges implements IExecutionStrategy {

    private record Range(double least, double greatest) {}

    private static final Range COUNT = new Range(0, 1e9);
    private static final Range REAL = new Range(0, 1e6);

    /** Any whole number is a seed, and an offset or a number of records may be as large as a log. */
    private static final Set<String> ANY = Set.of("--seed");

    private static final Map<String, Range> OWN = Map.of(
            "--learning-rate", new Range(0, 10),
            "--temperature", new Range(0, 100),
            "--top-p", new Range(0, 1),
            "--workers", new Range(0, 1024),
            "--lora-dropout", new Range(0, 1));

    private final IExecutionStrategy execution = new CommandLine.RunLast();

    @Override
    public int execute(ParseResult parsed) {
        for (ParseResult at = parsed; at != null; at = at.hasSubcommand() ? at.subcommand() : null) {
            for (OptionSpec option : at.matchedOptions()) {
                check(at, option);
            }
        }
        return execution.execute(parsed);
    }

    private static void check(ParseResult at, OptionSpec option) {
        Object value = option.getValue();
        if (!(value instanceof Number number) || ANY.contains(option.longestName())) {
            return;
        }
        Range range = range(option, number);
        double given = number.doubleValue();
        if (!(given >= range.least() && given <= range.greatest())) {
            throw new ParameterException(
                    at.commandSpec().commandLine(),
                    option.longestName() + " is " + number + ", must be from " + plain(range.least()) + " to "
                            + plain(range.greatest()));
        }
    }

    private static Range range(OptionSpec option, Number number) {
        if (option.longestName().endsWith("port")) {
            return new Range(0, 65_535);
        }
        boolean real = number instanceof Double || number instanceof Float;
        return OWN.getOrDefault(
                option.longestName(), real ? REAL : number instanceof Long ? new Range(0, 1e15) : COUNT);
    }

    private static String plain(double bound) {
        return new BigDecimal(bound).stripTrailingZeros().toPlainString();
    }
}
