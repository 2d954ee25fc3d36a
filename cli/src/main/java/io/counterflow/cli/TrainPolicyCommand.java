package io.counterflow.cli;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.model.CheckpointFolders;
import io.counterflow.cli.model.ComputeOptions;
import io.counterflow.cli.model.TemplateVariableOption;
import io.counterflow.cli.policy.TrainingTexts;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.cli.run.MemoryCheck;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.prompts.OnBadLine;
import io.counterflow.trainer.likelihood.LikelihoodSettings;
import io.counterflow.trainer.likelihood.LikelihoodTraining;
import io.counterflow.trainer.likelihood.StartingPoint;
import io.counterflow.trainer.step.OptimizerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterflow train-policy}. */
@Command(
        name = "train-policy",
        description = {
            "Fits a policy to texts by likelihood (supervised fine-tuning).",
            "Lines have prompt and completion, or chat messages that end with the assistant's words, or text. Loss is taken on completions,"
                    + " of a text on everything. Interrupted, the same command goes on where it was."
        },
        mixinStandardHelpOptions = true)
final class TrainPolicyCommand implements Callable<Integer> {

    private static final int INTERRUPTED = 130;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "JSON lines, gzipped or not.")
    private List<Path> files;

    @ArgGroup(multiplicity = "1")
    private Start start;

    /** Where weights come from. */
    private static final class Start {
        @Option(
                names = "--model",
                paramLabel = "MODEL",
                description = "The model to start from: a folder, hf:org/name or stories15m.")
        private String model;

        @Option(
                names = "--from-scratch",
                paramLabel = "DIR",
                description = "Start from random weights, for a folder with config.json and tokenizer.json.")
        private Path scratch;
    }

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Where the model goes; there whole or not at all.")
    private Path output;

    @Option(names = "--held-out", paramLabel = "FILE", description = "Lines to measure loss and perplexity on.")
    private Path heldOutFile;

    @Option(
            names = "--held-out-share",
            paramLabel = "SHARE",
            description = "Or this share of the lines, chosen by the seed, is held out (e.g. 0.05).")
    private double heldOutShare;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "1",
            description = "Passes over the data (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = "--steps", paramLabel = "N", description = "End after this many optimizer steps.")
    private long steps;

    @Option(
            names = "--batch",
            paramLabel = "LINES",
            defaultValue = "32",
            description = "Lines of a step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--micro-batch",
            paramLabel = "LINES",
            defaultValue = "8",
            description =
                    "Lines that go through the model at a time; fewer need less memory (default: ${DEFAULT-VALUE}).")
    private int microBatch;

    @Option(
            names = "--learning-rate",
            paramLabel = "RATE",
            defaultValue = "1e-4",
            description = "Largest learning rate (default: ${DEFAULT-VALUE}).")
    private double learningRate;

    @Option(
            names = "--warmup-steps",
            paramLabel = "STEPS",
            defaultValue = "10",
            description = "Steps over which the learning rate rises (default: ${DEFAULT-VALUE}).")
    private int warmupSteps;

    @Option(
            names = "--decay",
            paramLabel = "CURVE",
            defaultValue = "COSINE",
            description = "What it does afterwards: CONSTANT, LINEAR, COSINE (default: ${DEFAULT-VALUE}).")
    private OptimizerSettings.Decay decay;

    @Option(
            names = "--weight-decay",
            paramLabel = "DECAY",
            defaultValue = "0",
            description = "AdamW's weight decay (default: ${DEFAULT-VALUE}).")
    private double weightDecay;

    @Option(
            names = "--lora",
            paramLabel = "RANK",
            description = "Train a LoRA adapter of this rank in place of the weights.")
    private Integer rank;

    @Option(names = "--lora-alpha", paramLabel = "ALPHA", description = "Its scale (default: twice the rank).")
    private Double alpha;

    @Option(
            names = "--lora-modules",
            split = ",",
            paramLabel = "NAME",
            description = "Modules that it adapts, such as q_proj,v_proj (default: every projection).")
    private List<String> modules;

    @Option(
            names = "--lora-dropout",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Its dropout (default: ${DEFAULT-VALUE}).")
    private double dropout;

    @Option(
            names = "--lora-rank-stabilised",
            description = "Divide its scale by the root of the rank instead of the rank.")
    private boolean rankStabilised;

    @Option(
            names = "--adapter-only",
            description = "Write the adapter in PEFT's form, not the model with it worked in.")
    private boolean adapterOnly;

    @Option(
            names = "--prompt-column",
            paramLabel = "NAME",
            defaultValue = "prompt",
            description = "Column (default: ${DEFAULT-VALUE}).")
    private String promptColumn;

    @Option(
            names = "--completion-column",
            paramLabel = "NAME",
            defaultValue = "completion",
            description = "Column (default: ${DEFAULT-VALUE}).")
    private String completionColumn;

    @Option(
            names = "--max-length",
            paramLabel = "TOKENS",
            description = "Longer lines are left out, and counted (default: the model's context).")
    private Integer maxLength;

    @Option(names = "--no-shuffle", description = "Keep the order of the lines: an easy beginning stays the beginning.")
    private boolean noShuffle;

    @Option(
            names = "--evaluate-every",
            paramLabel = "STEPS",
            defaultValue = "0",
            description = "Steps between evaluations.")
    private long evaluateEvery;

    @Option(
            names = "--save-every",
            paramLabel = "STEPS",
            defaultValue = "100",
            description = "Steps between checkpoints to go on from (default: ${DEFAULT-VALUE}).")
    private long saveEvery;

    @Mixin
    private TemplateVariableOption templateVariables;

    @Mixin
    private ComputeOptions compute;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "Seed of everything random (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--on-bad-line",
            paramLabel = "ACTION",
            defaultValue = "FAIL",
            description =
                    "FAIL: stop at files with broken lines; SKIP: report them and take the rest (default: ${DEFAULT-VALUE}).")
    private OnBadLine onBadLine;

    @Override
    public Integer call() {
        requireSound();
        Path folder = CheckpointFolders.find(
                start.model == null ? start.scratch.toString() : start.model, this::requireMemory);
        ModelConfig config = ModelConfig.read(folder);
        Optional<AdapterConfig> adapter = Optional.ofNullable(rank)
                .map(r -> new LoraConfig(r, alpha, dropout, modules, rankStabilised).adapter(config, folder));
        Stages stages = new Stages(System.out, InstantSource.system(), 3, Terminal.isThere());
        List<TokenSequence> training = new ArrayList<>();
        List<TokenSequence> heldOut = new ArrayList<>();
        read(folder, config, stages, training, heldOut);

        StartingPoint from = new StartingPoint(folder, start.scratch != null, adapter, adapterOnly, compute.config());
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread())) {
            return fit(from, training, heldOut, stages);
        }
    }

    private void requireMemory(Path folder) {
        new MemoryCheck()
                .checkTraining(folder.toString(), ModelConfig.read(folder).parameters(), rank == null ? 1 : 0.05);
    }

    private int fit(StartingPoint from, List<TokenSequence> training, List<TokenSequence> heldOut, Stages stages) {
        try (Progress progress = new Progress(stages)) {
            LikelihoodTraining.Result result =
                    new LikelihoodTraining(from, settings(), progress).run(training, heldOut, output);
            progress.close();
            stages.done("policy: " + output + describe(result));
            return 0;
        } catch (InterruptedException e) {
            spec.commandLine().getErr().println("stopped; the same command goes on where it was");
            return INTERRUPTED;
        }
    }

    private void requireSound() {
        if (Files.exists(output)) {
            throw new ConfigException(output + " is there already; give another --output, or delete it");
        }
        if (heldOutFile != null && heldOutShare > 0) {
            throw new ConfigException("--held-out and --held-out-share: give one of them");
        }
        if (!(heldOutShare >= 0 && heldOutShare < 1)) {
            throw new ConfigException("--held-out-share is " + heldOutShare + ", must be 0 or more and below 1");
        }
        if (rank == null && (adapterOnly || alpha != null || modules != null || dropout != 0 || rankStabilised)) {
            throw new ConfigException("--adapter-only and what begins with --lora- need an adapter: --lora RANK");
        }
    }

    private void read(
            Path folder, ModelConfig config, Stages stages, List<TokenSequence> training, List<TokenSequence> heldOut) {
        int longest = maxLength == null ? config.maxPositions() : Math.min(maxLength, config.maxPositions());
        int tooLong = 0;
        try (Tokenizer tokenizer = Tokenizer.load(folder, config.vocabularySize())) {
            TrainingTexts texts = new TrainingTexts(
                    PromptEncoder.of(tokenizer, GenerationConfig.read(folder).endTokens(config))
                            .withVariables(templateVariables.variables()),
                    longest,
                    promptColumn,
                    completionColumn);
            SplittableRandom random = new SplittableRandom(seed);
            for (Path file : files) {
                TrainingTexts.Read read = texts.read(file, onBadLine);
                report(file, read, stages);
                tooLong += read.tooLong();
                for (TokenSequence sequence : read.sequences()) {
                    (heldOutShare > 0 && random.nextDouble() < heldOutShare ? heldOut : training).add(sequence);
                }
            }
            if (heldOutFile != null) {
                TrainingTexts.Read read = texts.read(heldOutFile, onBadLine);
                report(heldOutFile, read, stages);
                heldOut.addAll(read.sequences());
            }
        }
        stages.done(String.format(
                Locale.ROOT,
                "data: %d lines to learn from, %,d tokens of loss; %d held out%s",
                training.size(),
                training.stream().mapToLong(s -> s.completion().length).sum(),
                heldOut.size(),
                tooLong == 0 ? "" : "; " + tooLong + " longer than " + longest + " tokens left out"));
    }

    private static void report(Path file, TrainingTexts.Read read, Stages stages) {
        read.badLines().forEach(line -> stages.note(file + ", " + line + " (skipped)"));
    }

    private LikelihoodSettings settings() {
        return new LikelihoodSettings(
                epochs,
                steps,
                batch,
                microBatch,
                !noShuffle,
                evaluateEvery,
                saveEvery,
                new OptimizerSettings(learningRate, warmupSteps, decay, null, null, null, weightDecay, null),
                seed);
    }

    private static String describe(LikelihoodTraining.Result result) {
        return Double.isNaN(result.heldOutAfter())
                ? ""
                : String.format(
                        Locale.ROOT,
                        "; held-out loss %.4f -> %.4f nats a token, perplexity %.2f -> %.2f",
                        result.heldOutBefore(),
                        result.heldOutAfter(),
                        Math.exp(result.heldOutBefore()),
                        Math.exp(result.heldOutAfter()));
    }

    /** Shows the steps. */
    private static final class Progress implements LikelihoodTraining.Listener, AutoCloseable {
        private final Stages stages;
        private Stages.Bar bar;
        private String heldOut = "";

        private Progress(Stages stages) {
            this.stages = stages;
        }

        @Override
        public void started(long step, long totalSteps) {
            bar = stages.start(
                    "fitting by likelihood" + (step == 0 ? "" : ", going on after step " + step), totalSteps);
        }

        @Override
        public void evaluated(long step, double loss) {
            heldOut = String.format(Locale.ROOT, "  held out %.4f (perplexity %.2f)", loss, Math.exp(loss));
        }

        @Override
        public void stepDone(long step, double loss, double norm) {
            bar.at(step, String.format(Locale.ROOT, "loss %.4f%s", loss, heldOut));
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
