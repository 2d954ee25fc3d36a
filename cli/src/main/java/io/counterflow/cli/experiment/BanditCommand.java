package io.counterflow.cli.experiment;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.trainer.experiment.Algorithm;
import io.counterflow.trainer.experiment.BanditExperiment;
import io.counterflow.trainer.experiment.Curve;
import io.counterflow.trainer.experiment.LimitCheck;
import io.counterflow.trainer.experiment.Parametrisation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Figure 1 of CoPG: four algorithms on off-policy pairs of a bandit, against their exact limits. */
@Command(
        name = "bandit",
        description = {
            "Figure 1 of the CoPG paper (arXiv 2406.19185): regret on a bandit whose pairs were sampled by other"
                    + " policies, for CoPG, IPO, and policy gradient with and without the value baseline.",
            "Exit code 1 when an algorithm does not end at its exact limit."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class BanditCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "10", description = "Runs of each algorithm.")
    private int seeds;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "100", description = "Passes over the 10,000 pairs.")
    private int epochs;

    @Option(
            names = "--policy",
            paramLabel = "mlp|table",
            defaultValue = "mlp",
            description = "What is trained: an MLP of 64 ReLU on a constant input, or a table of three logits, which"
                    + " needs more than 100 epochs.")
    private Parametrisation policy;

    @Option(
            names = "--output",
            paramLabel = "FOLDER",
            defaultValue = ".counterflow/experiments/bandit",
            description = "For regret.csv, summary.csv, regret.png and regret.svg.")
    private Path output;

    @Override
    public Integer call() throws IOException {
        if (seeds < 1 || epochs < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--seeds is " + seeds + " and --epochs is " + epochs + "; both must be 1 or more");
        }
        // Before the first class of AWT is loaded: nothing is shown on a screen.
        System.setProperty("java.awt.headless", "true");
        Files.createDirectories(output);
        BanditExperiment experiment = BanditExperiment.ofThePaper(policy).withEpochs(epochs);
        List<Curve> curves = train(experiment);
        List<LimitCheck> checks = LimitCheck.of(curves);
        RegretFiles.write(output, curves, checks);
        show(checks);
        new RegretPlot(experiment, curves).write(output);
        PrintWriter out = spec.commandLine().getOut();
        out.println("regret.csv, summary.csv, regret.png and regret.svg are in " + output.toAbsolutePath());
        out.flush();
        return checks.stream().allMatch(LimitCheck::holds) ? 0 : 1;
    }

    private List<Curve> train(BanditExperiment experiment) {
        Stages stages = new Stages(System.err, InstantSource.system(), 1, Terminal.isThere());
        try (Stages.Bar bar = stages.start("bandit", (long) Algorithm.values().length * seeds)) {
            Progress progress = new Progress(bar);
            return experiment.run(seeds, progress::trained);
        }
    }

    /** Counts the runs that are done, whichever thread did them. */
    private static final class Progress {

        private final Stages.Bar bar;
        private int done;

        private Progress(Stages.Bar bar) {
            this.bar = bar;
        }

        private synchronized void trained(Curve curve) {
            done++;
            bar.at(done, curve.algorithm().label());
        }
    }

    private void show(List<LimitCheck> checks) {
        int last = LimitCheck.lastEpochs(epochs);
        PrintWriter out = spec.commandLine().getOut();
        out.println(AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                checks,
                List.of(
                        new Column()
                                .header("regret")
                                .dataAlign(HorizontalAlign.LEFT)
                                .with((LimitCheck c) -> c.algorithm().label()),
                        new Column()
                                .header("exact limit")
                                .with((LimitCheck c) -> number(c.algorithm().limit())),
                        new Column().header("measured").with((LimitCheck c) -> number(c.measured())),
                        new Column().header("std. error").with((LimitCheck c) -> number(c.standardError())),
                        new Column()
                                .header("over seeds")
                                .with((LimitCheck c) -> number(c.lowest()) + " - " + number(c.highest())),
                        new Column().header("last epoch").with((LimitCheck c) -> number(c.lastEpoch())),
                        new Column().header("within").with((LimitCheck c) -> String.valueOf(c.tolerance())),
                        new Column().header("").with((LimitCheck c) -> c.holds() ? "holds" : "DOES NOT HOLD"))));
        out.printf(
                "measured: mean over %s and %s%n",
                seeds == 1 ? "one seed" : seeds + " seeds",
                last == 1 ? "the last epoch" : "the last " + last + " epochs");
        out.flush();
    }

    private static String number(double regret) {
        if (Double.isNaN(regret)) {
            return "-";
        }
        return regret != 0 && regret < 1e-4
                ? String.format(Locale.ROOT, "%.0e", regret)
                : String.format(Locale.ROOT, "%.4f", regret);
    }
}
