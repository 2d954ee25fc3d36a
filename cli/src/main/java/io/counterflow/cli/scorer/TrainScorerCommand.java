package io.counterflow.cli.scorer;

import io.counterflow.scorer.dataset.Dataset;
import io.counterflow.scorer.dataset.LabelledText;
import io.counterflow.scorer.dataset.NliPair;
import io.counterflow.scorer.dataset.PreferencePair;
import io.counterflow.scorer.encoding.InputForm;
import io.counterflow.scorer.encoding.Truncation;
import io.counterflow.scorer.training.EntailmentTask;
import io.counterflow.scorer.training.LabelTask;
import io.counterflow.scorer.training.PreferenceTask;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterflow train-scorer}. */
@Command(
        name = "train-scorer",
        description = "Trains the model of a scorer, from a language model or an encoder.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "SCORER",
        subcommands = {TrainScorerCommand.RewardModel.class, TrainScorerCommand.Entailment.class})
public final class TrainScorerCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which scorer? There are: reward-model, entailment.");
    }

    /** {@code counterflow train-scorer reward-model}. */
    @Command(
            name = "reward-model",
            description = {
                "Trains a reward model on preferences (Bradley-Terry loss) or on labelled texts (cross-entropy).",
                "The result is a checkpoint that transformers loads too. Called again after an interruption, it goes on."
            },
            sortOptions = false,
            mixinStandardHelpOptions = true)
    static final class RewardModel implements Callable<Integer> {

        /** Where the examples are. */
        static final class Data {
            @Option(
                    names = "--pairs",
                    paramLabel = "FILE",
                    description = {
                        "Preferences, one {\"prompt\", \"chosen\", \"rejected\"} a line, gzipped or not; each is a text or an array of"
                                + " chat messages. Without a prompt, it is what both completions begin with."
                    })
            private Path pairs;

            @Option(
                    names = "--labels",
                    paramLabel = "FILE",
                    description =
                            "Labelled texts, one {\"text\", \"label\"} or {\"prompt\", \"completion\", \"label\"} a line, gzipped or not.")
            private Path labels;
        }

        @ArgGroup(multiplicity = "1")
        private Data data;

        @Mixin
        private TrainingOptions options;

        @Option(
                names = "--template",
                paramLabel = "TEXT",
                description = "The model's input, of {prompt} and {completion} (default: {prompt}{completion}).")
        private String template;

        @Option(
                names = "--form",
                paramLabel = "FORM",
                description =
                        "text: prompt and completion are one text; pair: two, as the tokenizer joins them (default: text).")
        private InputForm form;

        @Override
        public Integer call() throws Exception {
            if (data.pairs != null) {
                Dataset<PreferencePair> pairs = Dataset.pairs(data.pairs, options.onBadLine());
                return options.train(
                        new PreferenceTask(options.encoding(form, template, Truncation.TAIL)),
                        data.pairs,
                        pairs,
                        Dataset::pairs);
            }
            Dataset<LabelledText> texts = Dataset.labels(data.labels, options.onBadLine());
            return options.train(
                    LabelTask.of(texts.examples(), options.encoding(form, template, Truncation.ENDS)),
                    data.labels,
                    texts,
                    Dataset::labels);
        }
    }

    /** {@code counterflow train-scorer entailment}. */
    @Command(
            name = "entailment",
            description = {
                "Trains a classifier of pairs: does the premise entail the hypothesis, contradict it, or neither?",
                "The result is a checkpoint that transformers loads too. Called again after an interruption, it goes on."
            },
            sortOptions = false,
            mixinStandardHelpOptions = true)
    static final class Entailment implements Callable<Integer> {

        @Option(
                names = "--nli",
                required = true,
                paramLabel = "FILE",
                description =
                        "Pairs, one {\"premise\", \"hypothesis\", \"label\"} a line, gzipped or not; the label is entailment,"
                                + " neutral or contradiction, or 0, 1 or 2 in this order.")
        private Path nli;

        @Mixin
        private TrainingOptions options;

        @Override
        public Integer call() throws Exception {
            Dataset<NliPair> pairs = Dataset.nli(nli, options.onBadLine());
            return options.train(
                    new EntailmentTask(options.encoding(InputForm.PAIR, null, Truncation.HEAD)),
                    nli,
                    pairs,
                    Dataset::nli);
        }
    }
}
