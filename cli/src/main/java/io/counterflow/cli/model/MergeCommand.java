package io.counterflow.cli.model;

import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ClassifierHead;
import io.counterflow.model.checkpoint.ForeignWeights;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.safetensors.TensorType;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow model merge}. */
@Command(
        name = "merge",
        description = "Works a LoRA adapter in PEFT's form into its base and writes an ordinary checkpoint.",
        mixinStandardHelpOptions = true)
public final class MergeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private SourceAndTarget target;

    @Option(
            names = "--base",
            paramLabel = "MODEL",
            description = "The base model (default: the one that the adapter's configuration names).")
    private String base;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "${COMPLETION-CANDIDATES} (default: as the base is); rounds to nearest, ties to even.")
    private Dtype dtype;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        target.requireNew();
        Path adapterFolder = base == null ? target.sourceWithBase() : target.source();
        if (!AdapterConfig.isIn(adapterFolder)) {
            throw new CheckpointException(ForeignWeights.describe(adapterFolder)
                    .orElse("there is no %s in %s: it is no adapter"
                            .formatted(AdapterConfig.FILE_NAME, adapterFolder)));
        }
        AdapterConfig config = AdapterConfig.read(adapterFolder);
        Path baseFolder = base == null ? namedBase(config, adapterFolder) : CheckpointArgument.folder(base);
        CheckpointParts parts = new CheckpointParts(baseFolder, Optional.of(adapterFolder));
        ModelConfig merged = parts.config();
        ModelConfig model = ModelConfig.read(baseFolder);
        ModelConfig written = dtype == null ? merged : merged.withDtype(dtype.type());
        AdapterTensors factors = AdapterTensors.read(adapterFolder, merged);
        Optional<TensorType> type = Optional.ofNullable(dtype).map(Dtype::type);
        target.create(folder -> {
            try (CheckpointTensors tensors = CheckpointTensors.open(baseFolder, model)) {
                requireBaseOf(adapterFolder, baseFolder, merged, tensors);
                CheckpointWriter.write(
                        folder, written, factors.merge(config, merged, tensors, type), target.shardBytes());
            }
            CheckpointWriter.copyCompanions(parts.tokenizerFolder(), baseFolder, folder);
        });
        out.println(target.folder());
        return 0;
    }

    private static void requireBaseOf(Path adapterFolder, Path baseFolder, ModelConfig merged, CheckpointTensors base) {
        AdapterTensors.baseSha256(adapterFolder).ifPresent(named -> {
            String found = merged.head() == ModelHead.SEQUENCE_CLASSIFICATION
                    ? base.sha256Of(ClassifierHead::isBelow)
                    : base.sha256();
            if (!found.equals(named)) {
                throw new CheckpointException(
                        "the adapter in %s was trained on weights of SHA-256 %s, but those in %s have %s; name the right base with --base"
                                .formatted(adapterFolder, named, baseFolder, found));
            }
        });
    }

    private static Path namedBase(AdapterConfig config, Path adapterFolder) {
        return config.baseFolder(adapterFolder, List.of())
                .orElseThrow(() -> new CheckpointException(CheckpointParts.withoutBase(config, adapterFolder)));
    }
}
