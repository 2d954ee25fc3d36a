package io.counterflow.cli.verify;

import io.counterflow.model.LoraConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code counterflow verify-replay}. Exit code 1 when killing anything made a difference, 3 when the machine did not bring it to its end. */
@Command(
        name = "verify-replay",
        description =
                "Runs a job while producer, Streams applications, broker and trainer are killed at random moments, and checks that it"
                        + " ends with the same bytes as one that never was. Exit code 1: it does not; 3: the machine did not bring it to its end.",
        mixinStandardHelpOptions = true)
public final class VerifyReplayCommand implements Callable<Integer> {

    private static final int NOT_FINISHED = 3;

    @Option(
            names = "--steps",
            paramLabel = "STEPS",
            defaultValue = "300",
            description = "Steps of each run (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "20",
            description = "How often the trainer is killed (default: ${DEFAULT-VALUE}).")
    private int kills;

    @Option(
            names = "--broker-kills",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often the broker is killed (default: ${DEFAULT-VALUE}).")
    private int brokerKills;

    @Option(
            names = "--scoring-kills",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often the Streams applications are killed (default: ${DEFAULT-VALUE}).")
    private int scoringKills;

    @Option(
            names = "--producer-kills",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often the producer is killed (default: ${DEFAULT-VALUE}).")
    private int producerKills;

    @Option(
            names = "--lora",
            paramLabel = "RANK",
            description = "Train a LoRA adapter of this rank in place of the weights.")
    private Integer rank;

    @Option(
            names = "--lora-dropout",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Its dropout (default: ${DEFAULT-VALUE}).")
    private double dropout;

    @Option(names = "--seed", paramLabel = "SEED", description = "Seed of samples and moments (default: the time).")
    private Long seed;

    @Option(names = "--directory", paramLabel = "DIR", description = "Where the files go (default: a new one).")
    private Path directory;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path files = directory == null ? Files.createTempDirectory("counterflow-verify-") : directory;
        Drill drill = new Drill(
                files,
                steps,
                kills,
                brokerKills,
                scoringKills,
                producerKills,
                rank == null ? null : new LoraConfig(rank, null, dropout, null, null),
                seed == null ? System.currentTimeMillis() : seed);
        List<String> faults;
        try {
            faults = new VerifyReplay(drill, System.out::println).run();
        } catch (NotFinishedException e) {
            System.out.println("not finished: " + e.getMessage()
                    + ". Nothing was shown, neither that killing makes a difference nor that it makes none");
            return NOT_FINISHED;
        }
        System.out.println(
                faults.isEmpty()
                        ? "identical: killing made no difference"
                        : faults.size() + " of these do not hold; seed " + drill.seed() + ", files in "
                                + drill.directory());
        return faults.isEmpty() ? 0 : 1;
    }
}
