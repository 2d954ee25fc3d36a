package io.counterflow.cli.model;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.model.verify.Deviation;
import io.counterflow.model.verify.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow model verify}. Exit code 1 when a deviation is too large. */
@Command(
        name = "verify",
        description = "Compares what is computed with the expected.json in a checkpoint's folder.",
        mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private CheckpointArgument checkpoint;

    @Option(
            names = "--expected",
            paramLabel = "DIR",
            description = "The folder with the expected.json (default: the checkpoint's).")
    private Path expected;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description = "cpu, cuda, cuda:N or auto (default: ${DEFAULT-VALUE}).")
    private String device;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Path folder = checkpoint.folder();
        List<Deviation> deviations = Verification.verify(folder, expected == null ? folder : expected, device);
        out.println(table(deviations));
        long wrong = deviations.stream().filter(d -> !d.ok()).count();
        out.println(
                wrong == 0
                        ? "%s computes what is expected: %d comparisons".formatted(checkpoint.name(), deviations.size())
                        : "%s deviates: %d of %d comparisons are beyond their tolerance"
                                .formatted(checkpoint.name(), wrong, deviations.size()));
        return wrong == 0 ? 0 : 1;
    }

    private static String table(List<Deviation> deviations) {
        return AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                deviations,
                List.of(
                        text("compared").maxWidth(70).with(Deviation::name),
                        number("expected").with(Deviation::expected),
                        number("computed").with(Deviation::computed),
                        number("deviation").with(d -> size(d.deviation())),
                        number("tolerance").with(d -> size(d.tolerance())),
                        text("").with(d -> d.ok() ? "ok" : "TOO LARGE")));
    }

    private static Column text(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT);
    }

    private static Column number(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.RIGHT);
    }

    private static String size(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }
}
