package io.counterflow.cli.model;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ClassLabels;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.ExportedGraph;
import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.checkpoint.Rope;
import io.counterflow.model.checkpoint.TensorSpec;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.safetensors.TensorInfo;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.ChatTemplate;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
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
public final class ShowCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private CheckpointArgument checkpoint;

    @Option(names = "--tensors", description = "List every tensor with its type and shape.")
    private boolean listTensors;

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    private List<TensorInfo> tensors = List.of();

    @Override
    public Integer call() {
        Path folder = checkpoint.folder();
        Facts facts = facts(folder, ExportedGraph.find(folder));
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? facts.json() : facts.render());
        if (!json) {
            tensors.forEach(t -> out.printf("%-5s %-20s %s%n", t.type(), t.shape(), t.name()));
        }
        return 0;
    }

    private Facts facts(Path folder, Optional<Path> graph) {
        if (AdapterConfig.isIn(folder)) {
            return adapter(folder);
        }
        if (graph.isPresent()) {
            return graph(folder, graph.get());
        }
        Facts facts = new Facts(checkpoint.name());
        if (EncoderConfig.isIn(folder)) {
            EncoderConfig config = EncoderConfig.read(folder);
            describe(config, facts);
            try (CheckpointTensors weights = config.labels().isEmpty()
                    ? CheckpointTensors.openBase(folder, config)
                    : CheckpointTensors.open(folder, config)) {
                describe(weights, config.tensors(), facts);
            }
            describeTokenizer(folder, config.vocabularySize(), facts);
        } else {
            ModelConfig config = ModelConfig.read(folder);
            describe(config, facts);
            facts.add("end tokens", GenerationConfig.read(folder).endTokens(config));
            try (CheckpointTensors weights = CheckpointTensors.open(folder, config)) {
                describe(weights, config.tensors(), facts);
            }
            describeTokenizer(folder, config.vocabularySize(), facts);
        }
        return facts;
    }

    private void describe(CheckpointTensors weights, List<TensorSpec> specs, Facts facts) {
        List<TensorInfo> infos =
                specs.stream().map(TensorSpec::name).map(weights::info).toList();
        TreeSet<String> types = infos.stream().map(t -> t.type().name()).collect(Collectors.toCollection(TreeSet::new));
        long bytes = infos.stream().mapToLong(TensorInfo::bytes).sum();
        facts.add("weights", "%s, %s".formatted(join(types), megabytes(bytes)), Map.of("types", types, "bytes", bytes));
        List<String> broken = weights.nonFinite();
        if (!broken.isEmpty()) {
            facts.add("NaN or infinity in", String.join(", ", broken), Map.of("non_finite", broken));
        }
        String sha256 = weights.sha256();
        facts.add("SHA-256 of the weights", sha256, Map.of("weights_sha256", sha256));
        if (listTensors) {
            tensors = infos;
            facts.add(Map.of(
                    "tensors",
                    infos.stream()
                            .map(t -> new TreeMap<>(
                                    Map.of("name", t.name(), "type", t.type().name(), "shape", t.shape())))
                            .toList()));
        }
    }

    private static void describe(EncoderConfig config, Facts facts) {
        facts.add(
                        "architecture",
                        config.labels().isEmpty()
                                ? config.family().modelType() + " encoder without a classification head"
                                : config.family().classifierArchitecture())
                .add(
                        "parameters",
                        String.format(Locale.ROOT, "%,d", config.parameters()),
                        Map.of("parameters", config.parameters()))
                .add("layers", config.layers())
                .add("hidden size", config.hiddenSize())
                .add(
                        "feed-forward",
                        "%d, %s".formatted(config.intermediateSize(), config.activation()),
                        Map.of("feed_forward_size", config.intermediateSize(), "activation", config.activation()))
                .add(
                        "attention heads",
                        "%d of %d".formatted(config.attentionHeads(), config.hiddenSize() / config.attentionHeads()),
                        Map.of(
                                "attention_heads",
                                config.attentionHeads(),
                                "head_size",
                                config.hiddenSize() / config.attentionHeads()))
                .add("context", config.context() + " tokens", Map.of("context", config.context()))
                .add("segments", config.segments())
                .add("vocabulary", config.vocabularySize());
        if (!config.labels().isEmpty()) {
            facts.add("labels", String.join(", ", config.labels()), Map.of("labels", config.labels()));
        }
    }

    private static void describe(ModelConfig config, Facts facts) {
        facts.add("architecture", config.family().architecture(config.head()))
                .add(
                        "parameters",
                        String.format(Locale.ROOT, "%,d", config.parameters()),
                        Map.of("parameters", config.parameters()))
                .add("layers", config.layers())
                .add("hidden size", config.hiddenSize())
                .add(
                        "feed-forward",
                        "%d, %s".formatted(config.intermediateSize(), config.activation()),
                        Map.of("feed_forward_size", config.intermediateSize(), "activation", config.activation()))
                .add(
                        "attention heads",
                        "%d of %d, %d for keys and values"
                                .formatted(config.attentionHeads(), config.headDimension(), config.keyValueHeads()),
                        Map.of(
                                "attention_heads",
                                config.attentionHeads(),
                                "head_size",
                                config.headDimension(),
                                "key_value_heads",
                                config.keyValueHeads()))
                .add("context", config.maxPositions() + " tokens", Map.of("context", config.maxPositions()))
                .add("positions", config.rope().map(ShowCommand::describe).orElse("learned"))
                .add(
                        "vocabulary",
                        config.vocabularySize() + (config.tiedEmbeddings() ? ", embedding tied" : ""),
                        Map.of("vocabulary", config.vocabularySize(), "embedding_tied", config.tiedEmbeddings()));
        if (config.slidingWindows().stream().anyMatch(w -> w > 0)) {
            facts.add("sliding window by layer", config.slidingWindows());
        }
        if (config.head() == ModelHead.SEQUENCE_CLASSIFICATION) {
            List<String> labels = ClassLabels.read(config.json());
            facts.add("labels", String.join(", ", labels), Map.of("labels", labels));
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
            facts.add("tokenizer", "none", Map.of("tokenizer_tokens", 0));
            return;
        }
        try (Tokenizer tokenizer = Tokenizer.load(folder, vocabularySize)) {
            facts.add(
                    "tokenizer",
                    tokenizer.vocabularySize() + " tokens",
                    Map.of("tokenizer_tokens", tokenizer.vocabularySize()));
            List<String> beyond = tokenizer.withoutEmbedding();
            if (!beyond.isEmpty()) {
                facts.add(
                        "tokens without an embedding", String.join(", ", beyond), Map.of("without_embedding", beyond));
            }
            boolean template = ChatTemplate.read(folder).isPresent();
            facts.add("chat template", template ? "yes" : "none", Map.of("chat_template", template));
        }
    }

    private static Facts graph(Path folder, Path file) {
        try (SequenceClassifier classifier = SequenceClassifier.load(folder, ModelOptions.inference())) {
            return new Facts(folder.toString())
                    .add("kind", "classifier, a graph in " + (ExportedGraph.isOnnx(file) ? "ONNX" : "TorchScript"))
                    .add("graph", "%s, %s".formatted(folder.relativize(file), megabytes(Files.size(file))))
                    .add("labels", String.join(", ", classifier.labels()), Map.of("labels", classifier.labels()))
                    .add("context", classifier.context() + " tokens", Map.of("context", classifier.context()))
                    .add(
                            "tokenizer",
                            classifier.tokenizer().vocabularySize() + " tokens",
                            Map.of("tokenizer_tokens", classifier.tokenizer().vocabularySize()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static Facts adapter(Path folder) {
        AdapterConfig config = AdapterConfig.read(folder);
        String targets = config.targets() instanceof AdapterConfig.Named named
                ? join(new TreeSet<>(named.names()))
                : config.json().path("target_modules").asText();
        Optional<Path> base = config.baseFolder(folder, List.of());
        boolean classifier = config.isOfClassifier();
        Facts facts = new Facts(folder.toString())
                .add("kind", classifier ? "LoRA adapter of a sequence classifier" : "LoRA adapter")
                .add("base", config.baseModel().orElse("not named"))
                .add("base sha256", AdapterTensors.baseSha256(folder).orElse("not named"))
                .add("rank", config.rank())
                .add(
                        "alpha",
                        config.alpha() + (config.rankStabilised() ? " (rank-stabilised)" : ""),
                        Map.of("alpha", config.alpha(), "rank_stabilised", config.rankStabilised()))
                .add("dropout", config.dropout())
                .add("modules", targets);
        base.ifPresent(found -> describe(new CheckpointParts(found, Optional.of(folder)), facts));
        return facts;
    }

    /** What shows once base and adapter are together. */
    private static void describe(CheckpointParts parts, Facts facts) {
        ModelConfig model = parts.config();
        AdapterTensors tensors = AdapterTensors.read(parts.adapter().orElseThrow(), model);
        facts.add("architecture", model.family().architecture(model.head()))
                .add(
                        "parameters",
                        String.format(Locale.ROOT, "%,d", tensors.parameters()),
                        Map.of("parameters", tensors.parameters()));
        if (model.head() == ModelHead.SEQUENCE_CLASSIFICATION) {
            List<String> labels = ClassLabels.read(model.json());
            facts.add("labels", String.join(", ", labels), Map.of("labels", labels));
        }
        facts.add("tokenizer of", parts.tokenizerFolder().equals(parts.base()) ? "its base" : "its own");
        describeTokenizer(parts.tokenizerFolder(), model.vocabularySize(), facts);
    }

    private static String join(Set<?> values) {
        return values.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
