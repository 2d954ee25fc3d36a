package io.counterflow.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ExperimentCommandTest {

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void theBanditOfThePaperHoldsAndLeavesNumbersAndPlots() throws Exception {
        int exitCode = run("bandit", "--output", folder.toString());

        assertThat(exitCode).isZero();
        assertThat(out.toString())
                .contains("PG, value baseline", "0.0148", "holds", "10 seeds")
                .doesNotContain("DOES NOT HOLD");
        assertThat(Files.readAllLines(folder.resolve("regret.csv")))
                .startsWith("epoch,algorithm,seed,regret")
                .hasSize(1 + 4 * 10 * 101);
        assertThat(Files.readAllLines(folder.resolve("summary.csv")))
                .hasSize(1 + 4)
                .anyMatch(line -> line.startsWith("copg,0.0,") && line.endsWith("true,0.70538 0.25950 0.03512"));
        BufferedImage image = ImageIO.read(folder.resolve("regret.png").toFile());
        assertThat(image.getWidth()).isEqualTo(1800);
        assertThat(coloursOf(image)).contains(0x0072B2, 0x009E73, 0x994488, 0xD55E00);
        assertThat(Files.readString(folder.resolve("regret.svg")))
                .contains(
                        ">PG, value baseline<", ">below 10\u207b\u2076 from epoch 9<", "0.6378)<", ">10\u207b\u2076<");
    }

    @Test
    void aLimitThatIsNotReachedIsAnExitCode() {
        int exitCode =
                run("bandit", "--seeds", "1", "--epochs", "2", "--policy", "table", "--output", folder.toString());

        assertThat(exitCode).isEqualTo(1);
        assertThat(out.toString()).contains("DOES NOT HOLD", "one seed and the last epoch");
        assertThat(folder.resolve("regret.svg")).isNotEmptyFile();
    }

    @Test
    void wrongUsageNamesTheOption() {
        assertThat(run("bandit", "--seeds", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--seeds is 0");
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("There is: bandit");
    }

    private int run(String... arguments) {
        return new CommandLine(new ExperimentCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    private static Set<Integer> coloursOf(BufferedImage image) {
        return Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .map(pixel -> pixel & 0xFFFFFF)
                .boxed()
                .collect(Collectors.toSet());
    }
}
