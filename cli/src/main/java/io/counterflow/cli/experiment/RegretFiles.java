package io.counterflow.cli.experiment;

import io.counterflow.files.WholeFile;
import io.counterflow.trainer.experiment.Algorithm;
import io.counterflow.trainer.experiment.Curve;
import io.counterflow.trainer.experiment.LimitCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The numbers behind the figure, as comma-separated values. */
final class RegretFiles {

    private RegretFiles() {}

    /** {@code regret.csv} with every point and {@code summary.csv} with every end; doubles in full. */
    static void write(Path folder, List<Curve> curves, List<LimitCheck> checks) throws IOException {
        List<String> points = new ArrayList<>();
        points.add("epoch,algorithm,seed,regret");
        for (Curve curve : curves) {
            for (int epoch = 0; epoch < curve.regret().length; epoch++) {
                points.add(epoch + "," + name(curve.algorithm()) + "," + curve.seed() + "," + curve.regret()[epoch]);
            }
        }
        WholeFile.write(folder.resolve("regret.csv"), lines(points));

        List<String> ends = new ArrayList<>();
        ends.add("algorithm,exact_limit,measured,standard_error,lowest_seed,highest_seed,last_epoch,tolerance,holds,"
                + "policy");
        for (LimitCheck check : checks) {
            ends.add(name(check.algorithm()) + "," + check.algorithm().limit() + "," + check.measured() + ","
                    + check.standardError() + "," + check.lowest() + "," + check.highest() + "," + check.lastEpoch()
                    + "," + check.tolerance() + "," + check.holds() + ","
                    + Arrays.stream(check.policy())
                            .mapToObj(p -> String.format(Locale.ROOT, "%.5f", p))
                            .collect(Collectors.joining(" ")));
        }
        WholeFile.write(folder.resolve("summary.csv"), lines(ends));
    }

    private static String lines(List<String> lines) {
        return lines.stream().map(line -> line + System.lineSeparator()).collect(Collectors.joining());
    }

    private static String name(Algorithm algorithm) {
        return algorithm.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
