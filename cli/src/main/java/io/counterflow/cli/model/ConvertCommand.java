package io.counterflow.cli.model;

import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.safetensors.Tensor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow model convert}. */
@Command(
        name = "convert",
        description = "Writes a checkpoint again: in another element type, in one file or in shards.",
        mixinStandardHelpOptions = true)
public final class ConvertCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private SourceAndTarget target;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "${COMPLETION-CANDIDATES} (default: as it is); rounds to nearest, ties to even.")
    private Dtype dtype;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        target.requireNew();
        Path source = target.source();
        ModelConfig read = ModelConfig.read(source);
        ModelConfig config = dtype == null ? read : read.withDtype(dtype.type());
        target.create(folder -> {
            try (CheckpointTensors tensors = CheckpointTensors.open(source, config)) {
                CheckpointWriter.write(folder, config, converted(config, tensors), target.shardBytes());
                List<String> broken = tensors.nonFinite();
                if (!broken.isEmpty()) {
                    spec.commandLine()
                            .getErr()
                            .printf(
                                    "counterflow: warning: %d tensors hold NaN or infinity, which stay what they are: %s%n",
                                    broken.size(), String.join(", ", broken));
                }
            }
            CheckpointWriter.copyCompanions(source, folder);
        });
        out.println(target.folder());
        return 0;
    }

    private Collection<Tensor> converted(ModelConfig config, CheckpointTensors tensors) {
        if (dtype == null) {
            return tensors.tensors();
        }
        return config.tensors().stream()
                .map(spec -> Tensor.ofPieces(
                        spec.name(), dtype.type(), spec.shape(), pieces -> tensors.floats(spec.name(), pieces)))
                .toList();
    }
}
