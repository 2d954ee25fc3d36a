package io.counterflow.cli.scorer;

import io.counterflow.cli.model.AvailableMemory;
import io.counterflow.cli.model.NamedCheckpoints;
import io.counterflow.cli.model.PrecisionOption;
import io.counterflow.cli.model.TemplateVariableOption;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.LoraConfig;
import io.counterflow.scorer.dataset.Dataset;
import io.counterflow.scorer.dataset.Example;
import io.counterflow.scorer.dataset.Partition;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.InputForm;
import io.counterflow.scorer.encoding.Truncation;
import io.counterflow.scorer.training.ScorerTask;
import io.counterflow.scorer.training.ScorerTraining;
import io.counterflow.scorer.training.TrainingFailedException;
import io.counterflow.scorer.training.TrainingResult;
import io.counterflow.scorer.training.TrainingSettings;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every training of a scorer can be told. */
final class TrainingOptions {

    private static final int STAGES = 4;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "DIR",
            description = "The trained checkpoint; DIR.training holds what is needed to go on until it is there.")
    private Path output;

    @Option(
            names = "--base",
            paramLabel = "MODEL",
            defaultValue = "minilm",
            description = "What to start from: a folder in the Hugging Face layout, hf:org/name, minilm or stories15m"
                    + " (default: ${DEFAULT-VALUE}).")
    private String base;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "3",
            description = "Passes (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "32",
            description = "Examples a step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            defaultValue = "5e-5",
            description = "Highest learning rate; it falls in a straight line to 0 (default: ${DEFAULT-VALUE}).")
    private double learningRate;

    @Option(
            names = "--warm-up",
            paramLabel = "SHARE",
            defaultValue = "0.1",
            description = "Share of all steps over which the learning rate rises (default: ${DEFAULT-VALUE}).")
    private double warmUp;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            defaultValue = "256",
            description = "Most tokens of an input, in training and in scoring (default: ${DEFAULT-VALUE}).")
    private int maxLength;

    @Option(
            names = "--truncation",
            paramLabel = "KEEP",
            description =
                    "What is kept of an input with more tokens: head, tail, or ends (a quarter of the room for the beginning, the"
                            + " rest for the end). Default: tail for preferences, ends for labelled texts, head of the premise for entailment.")
    private Truncation truncation;

    @Option(
            names = "--held-out",
            paramLabel = "N",
            defaultValue = "0.1",
            description =
                    "What to judge the model by after each epoch: below 1 a share of the examples, from 1 on their number. All examples"
                            + " of a prompt (or premise) go together, so none is on both sides, and a few more than asked for may be held out"
                            + " (default: ${DEFAULT-VALUE}).")
    private double heldOut;

    @Option(
            names = "--validation",
            paramLabel = "FILE",
            description = "A file to judge the model by, instead of --held-out.")
    private Path validation;

    @Option(names = "--limit", paramLabel = "N", description = "Learn from at most so many examples, drawn at random.")
    private Integer limit;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Seed of everything random. The same seed, settings and data give the same bytes (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--lora",
            paramLabel = "RANK",
            description =
                    "Train the head and a LoRA adapter of this rank in place of all weights of a decoder; the checkpoint"
                            + " has it worked in.")
    private Integer rank;

    @Option(names = "--lora-alpha", paramLabel = "ALPHA", description = "Its scale (default: twice the rank).")
    private Double alpha;

    @Mixin
    private PrecisionOption precision;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "Threads that share a batch; the bytes depend on it (default: the cores, at most 8).")
    private Integer workers;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "cpu",
            description = "cpu, cuda, cuda:N or auto (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--on-bad-line",
            paramLabel = "ACTION",
            defaultValue = "FAIL",
            description =
                    "fail: a file with broken lines is not used; skip: they are left out and reported (default: ${DEFAULT-VALUE}).")
    private OnBadLine onBadLine;

    @Mixin
    private TemplateVariableOption templateVariables;

    /** Reads a further file of the same kind. */
    interface Reader<E extends Example> {
        Dataset<E> read(Path file, OnBadLine onBadLine);
    }

    OnBadLine onBadLine() {
        return onBadLine;
    }

    EncodingConfig encoding(InputForm form, String template, Truncation usual) {
        Map<String, Object> variables = new TreeMap<>(templateVariables.variables());
        return new EncodingConfig(
                        form,
                        template,
                        null,
                        variables.isEmpty() ? null : variables,
                        maxLength,
                        truncation == null ? usual : truncation)
                .withDefaults();
    }

    <E extends Example> int train(ScorerTask<E> task, Path file, Dataset<E> data, Reader<E> reader) throws Exception {
        if (Files.exists(output)) {
            throw new TrainingFailedException(output + " exists already; delete it or give another --output");
        }
        if (rank == null && alpha != null) {
            throw new TrainingFailedException("--lora-alpha needs an adapter: --lora RANK");
        }
        TrainingSettings settings = new TrainingSettings(
                epochs,
                batch,
                learningRate,
                warmUp,
                seed,
                precision.value(),
                workers == null ? Math.min(8, Runtime.getRuntime().availableProcessors()) : workers,
                device,
                rank == null ? null : new LoraConfig(rank, alpha, null, null, null));
        boolean terminal = Terminal.isThere();
        Stages stages = new Stages(System.out, InstantSource.system(), STAGES, terminal);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("base", base);
        describe(facts, "data", file, data);
        Partition<E> examples = examples(file, data, reader, facts);
        stages.done(String.format(
                Locale.ROOT,
                "%,d examples read to learn from, %,d to judge by; labels: %s",
                examples.training().size(),
                examples.heldOut().size(),
                String.join(", ", task.labels())));
        Path start = NamedCheckpoints.find(base, this::requireMemory);
        stages.done("starting from " + base + " in " + start);
        try (ScorerTrainingProgress progress = new ScorerTrainingProgress(stages, terminal)) {
            TrainingResult result = new ScorerTraining(settings, progress, InstantSource.system())
                    .run(task, examples, start, facts, output);
            progress.close();
            stages.done("model in " + output);
            print(result);
        }
        return 0;
    }

    private void requireMemory(Path folder) {
        AvailableMemory memory = new AvailableMemory();
        if (rank == null) {
            memory.requireForTraining(folder);
        } else {
            memory.requireForInference(folder);
        }
    }

    private <E extends Example> Partition<E> examples(
            Path file, Dataset<E> data, Reader<E> reader, Map<String, Object> facts) {
        report(file, data);
        Partition<E> whole;
        if (validation == null) {
            whole = Partition.of(data.examples(), heldOut, seed);
            facts.put("heldOut", heldOut);
        } else {
            Dataset<E> judges = reader.read(validation, onBadLine);
            report(validation, judges);
            describe(facts, "validation", validation, judges);
            whole = Partition.of(data.examples(), judges.examples());
        }
        return limit == null
                ? whole
                : new Partition<>(Partition.sample(whole.training(), limit, seed), whole.heldOut());
    }

    private static void report(Path file, Dataset<?> data) {
        for (BadLine line : data.badLines()) {
            System.err.println(file + ", " + line);
        }
    }

    private static void describe(Map<String, Object> facts, String name, Path file, Dataset<?> data) {
        facts.put(name, file.getFileName().toString());
        facts.put(name + "Sha256", data.sha256());
        facts.put(name + "Lines", data.examples().size());
        facts.put(name + "BrokenLines", data.badLines().size());
    }

    private static void print(TrainingResult result) {
        PrintStream out = System.out;
        out.println(ReportTables.epochs(result));
        result.report().ifPresent(report -> out.println(ReportTables.of("held-out examples", report)));
        out.println("weights    sha256 " + result.weightsSha256());
        out.flush();
    }
}
