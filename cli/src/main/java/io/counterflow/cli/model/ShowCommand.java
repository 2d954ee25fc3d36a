package io.counterflow.cli.model;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ClassLabels;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.checkpoint.Rope;
import io.counterflow.model.checkpoint.TensorSpec;
import io.counterflow.model.classifier.ClassifierFolder;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.safetensors.TensorInfo;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.ChatTemplate;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow model show}. */
@Command(
        name = "show",
        description = "Shows what a checkpoint is, after checking its weights and its tokenizer.",
        mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private CheckpointArgument checkpoint;

    @Option(names = "--tensors", description = "List every tensor with its type and shape.")
    private boolean listTensors;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Path folder = checkpoint.folder();
        if (AdapterConfig.isIn(folder)) {
            out.println(adapter(folder).render());
            return 0;
        }
        Optional<Path> graph = ClassifierFolder.graph(folder);
        if (graph.isPresent()) {
            out.println(graph(folder, graph.get()).render());
            return 0;
        }
        Facts facts = new Facts(checkpoint.name());
        if (EncoderConfig.isIn(folder)) {
            EncoderConfig config = EncoderConfig.read(folder);
            describe(config, facts);
            try (CheckpointTensors tensors = config.labels().isEmpty()
                    ? CheckpointTensors.openBase(folder, config)
                    : CheckpointTensors.open(folder, config)) {
                show(folder, tensors, config.tensors(), config.vocabularySize(), facts, out);
            }
        } else {
            ModelConfig config = ModelConfig.read(folder);
            describe(config, facts);
            facts.add("end tokens", GenerationConfig.read(folder).endTokens(config));
            try (CheckpointTensors tensors = CheckpointTensors.open(folder, config)) {
                show(folder, tensors, config.tensors(), config.vocabularySize(), facts, out);
            }
        }
        return 0;
    }

    private void show(
            Path folder,
            CheckpointTensors tensors,
            List<TensorSpec> specs,
            int vocabularySize,
            Facts facts,
            PrintWriter out) {
        List<TensorInfo> infos =
                specs.stream().map(TensorSpec::name).map(tensors::info).toList();
        TreeSet<TensorType> types = infos.stream().map(TensorInfo::type).collect(Collectors.toCollection(TreeSet::new));
        long bytes = infos.stream().mapToLong(TensorInfo::bytes).sum();
        facts.add("weights", "%s, %s".formatted(join(types), megabytes(bytes)));
        facts.add("SHA-256 of the weights", tensors.sha256());
        describeTokenizer(folder, vocabularySize, facts);
        out.println(facts.render());
        if (listTensors) {
            infos.forEach(t -> out.printf("%-5s %-20s %s%n", t.type(), t.shape(), t.name()));
        }
    }

    private static void describe(EncoderConfig config, Facts facts) {
        facts.add(
                        "architecture",
                        config.labels().isEmpty()
                                ? config.family().modelType() + " encoder without a classification head"
                                : config.family().classifierArchitecture())
                .add("parameters", String.format(Locale.ROOT, "%,d", config.parameters()))
                .add("layers", config.layers())
                .add("hidden size", config.hiddenSize())
                .add("feed-forward", "%d, %s".formatted(config.intermediateSize(), config.activation()))
                .add(
                        "attention heads",
                        "%d of %d".formatted(config.attentionHeads(), config.hiddenSize() / config.attentionHeads()))
                .add("context", config.context() + " tokens")
                .add("segments", config.segments())
                .add("vocabulary", config.vocabularySize());
        if (!config.labels().isEmpty()) {
            facts.add("labels", String.join(", ", config.labels()));
        }
    }

    private static void describe(ModelConfig config, Facts facts) {
        facts.add("architecture", config.family().architecture(config.head()))
                .add("parameters", String.format(Locale.ROOT, "%,d", config.parameters()))
                .add("layers", config.layers())
                .add("hidden size", config.hiddenSize())
                .add("feed-forward", "%d, %s".formatted(config.intermediateSize(), config.activation()))
                .add(
                        "attention heads",
                        "%d of %d, %d for keys and values"
                                .formatted(config.attentionHeads(), config.headDimension(), config.keyValueHeads()))
                .add("context", config.maxPositions() + " tokens")
                .add("positions", config.rope().map(ShowCommand::describe).orElse("learned"))
                .add("vocabulary", config.vocabularySize() + (config.tiedEmbeddings() ? ", embedding tied" : ""));
        if (config.slidingWindows().stream().anyMatch(w -> w > 0)) {
            facts.add("sliding window by layer", config.slidingWindows());
        }
        if (config.head() == ModelHead.SEQUENCE_CLASSIFICATION) {
            facts.add("labels", String.join(", ", ClassLabels.read(config.json())));
        }
    }

    private static String describe(Rope rope) {
        String theta = String.format(Locale.ROOT, "rotary, base %.0f", rope.theta());
        if (rope.scaling() instanceof Rope.Linear linear) {
            return theta + ", linear scaling by " + linear.factor();
        }
        if (rope.scaling() instanceof Rope.Yarn yarn) {
            return theta + ", YaRN scaling by " + yarn.factor();
        }
        if (rope.scaling() instanceof Rope.Llama3 llama3) {
            return theta
                    + ", Llama 3's scaling by %s from %d tokens".formatted(llama3.factor(), llama3.originalContext());
        }
        return theta;
    }

    private static void describeTokenizer(Path folder, int vocabularySize, Facts facts) {
        if (!Files.exists(folder.resolve(Tokenizer.FILE_NAME))) {
            facts.add("tokenizer", "none");
            return;
        }
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            tokenizer.checkFits(vocabularySize);
            facts.add("tokenizer", tokenizer.vocabularySize() + " tokens");
            facts.add("chat template", ChatTemplate.read(folder).isPresent() ? "yes" : "none");
        }
    }

    private static Facts graph(Path folder, Path file) {
        try (SequenceClassifier classifier = SequenceClassifier.load(folder, ModelOptions.inference())) {
            return new Facts(folder.toString())
                    .add(
                            "kind",
                            "classifier, a graph in " + (file.toString().endsWith(".onnx") ? "ONNX" : "TorchScript"))
                    .add("graph", "%s, %s".formatted(folder.relativize(file), megabytes(Files.size(file))))
                    .add("labels", String.join(", ", classifier.labels()))
                    .add("context", classifier.context() + " tokens")
                    .add("tokenizer", classifier.tokenizer().vocabularySize() + " tokens");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static Facts adapter(Path folder) {
        AdapterConfig config = AdapterConfig.read(folder);
        String targets = config.targets() instanceof AdapterConfig.Named named
                ? join(new TreeSet<>(named.names()))
                : config.json().path("target_modules").asText();
        return new Facts(folder.toString())
                .add("kind", "LoRA adapter")
                .add("base", config.baseModel().orElse("not named"))
                .add("base sha256", AdapterTensors.baseSha256(folder).orElse("not named"))
                .add("rank", config.rank())
                .add("alpha", config.alpha() + (config.rankStabilised() ? " (rank-stabilised)" : ""))
                .add("dropout", config.dropout())
                .add("modules", targets);
    }

    private static String join(TreeSet<?> values) {
        return values.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
