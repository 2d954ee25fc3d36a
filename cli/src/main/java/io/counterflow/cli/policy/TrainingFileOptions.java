package io.counterflow.cli.policy;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.model.TemplateVariableOption;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which texts a policy is fitted to, how they are read, and which of them are held out. */
final class TrainingFileOptions {

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "JSON lines, gzipped or not.")
    private List<Path> files;

    @Option(names = "--held-out", paramLabel = "FILE", description = "Lines to measure loss and perplexity on.")
    private Path heldOutFile;

    @Option(
            names = "--held-out-share",
            paramLabel = "SHARE",
            description = "Or this share of the lines, chosen by the seed, is held out (e.g. 0.05).")
    private double heldOutShare;

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

    @Option(
            names = "--on-bad-line",
            paramLabel = "ACTION",
            defaultValue = "FAIL",
            description =
                    "FAIL: stop at files with broken lines; SKIP: report them and take the rest (default: ${DEFAULT-VALUE}).")
    private OnBadLine onBadLine;

    @Mixin
    private TemplateVariableOption templateVariables;

    /**
     * @throws ConfigException where what is held out is said twice, or is no share
     */
    void requireSound() {
        if (heldOutFile != null && heldOutShare > 0) {
            throw new ConfigException("--held-out and --held-out-share: give one of them");
        }
        if (!(heldOutShare >= 0 && heldOutShare < 1)) {
            throw new ConfigException("--held-out-share is " + heldOutShare + ", must be 0 or more and below 1");
        }
    }

    /**
     * Reads them for a model.
     *
     * @param folder of the model
     * @param seed of what is held out
     * @param skipped takes one line for each broken one
     */
    TrainingData read(Path folder, long seed, Consumer<String> skipped) {
        ModelConfig config = ModelConfig.read(folder);
        int longest = maxLength == null ? config.maxPositions() : Math.min(maxLength, config.maxPositions());
        try (Tokenizer tokenizer = Tokenizer.load(folder, config.vocabularySize())) {
            PromptEncoder encoder = PromptEncoder.of(
                            tokenizer, GenerationConfig.read(folder).endTokens(config))
                    .withVariables(templateVariables.variables());
            TrainingTexts texts = new TrainingTexts(encoder, longest, promptColumn, completionColumn);
            TrainingData data =
                    TrainingData.read(texts, files, onBadLine, heldOutShare, new SplittableRandom(seed), skipped);
            return heldOutFile == null ? data : data.with(texts, heldOutFile, onBadLine, skipped);
        }
    }
}
