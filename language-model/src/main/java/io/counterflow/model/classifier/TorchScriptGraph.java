package io.counterflow.model.classifier;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.Script;
import io.counterflow.model.decoder.TorchEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A graph in TorchScript, as {@code torch.jit.trace} makes it of a transformers model: {@code input_ids}, {@code attention_mask} and,
 * where it takes three inputs, {@code token_type_ids}, all int64 [B, T]; out come logits [B, L], alone, first in a tuple, or under that
 * name in a dictionary.
 */
final class TorchScriptGraph implements Graph {
    private static final String LOGITS = "logits";

    private final Path file;
    private final NDManager manager;
    private final Script script;
    private int inputs = 3;

    private TorchScriptGraph(Path file, NDManager manager, Script script) {
        this.file = file;
        this.manager = manager;
        this.script = script;
    }

    static TorchScriptGraph open(Path file, String device) {
        NDManager manager = TorchEngine.newManager(TorchEngine.device(device));
        try {
            TorchScriptGraph graph = new TorchScriptGraph(file, manager, Script.open(file, manager));
            graph.findInputs();
            return graph;
        } catch (RuntimeException e) {
            manager.close();
            throw e instanceof CheckpointException
                    ? e
                    : new CheckpointException("libtorch cannot load %s: %s".formatted(file, firstLine(e)), e);
        }
    }

    /** libtorch tells of a wrong number only when it is called. */
    private void findInputs() {
        PaddedBatch probe = PaddedBatch.of(List.of(new ClassifierInput(new int[] {0, 0}, new int[] {0, 0})), 0);
        try {
            logits(probe);
        } catch (RuntimeException e) {
            if (!e.getMessage().contains("forward() expected at most 3 argument(s) but received 4")) {
                throw e;
            }
            inputs = 2;
            logits(probe);
        }
    }

    private static String firstLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    @Override
    public float[][] logits(PaddedBatch batch) {
        try (Scratch step = Scratch.notRecording(manager)) {
            List<IValue> arguments = new ArrayList<>();
            for (long[] values :
                    List.of(batch.ids(), batch.mask(), batch.segments()).subList(0, inputs)) {
                arguments.add(step.tensor(step.manager().create(values, new Shape(batch.shape()))));
            }
            NDArray logits = script.firstTensor(step.manager(), "forward", LOGITS, arguments.toArray(IValue[]::new));
            Shape shape = logits.getShape();
            if (shape.dimension() != 2 || shape.get(0) != batch.rows()) {
                throw new CheckpointException(
                        "%s gives a tensor of shape %s for %d inputs; wanted are logits, [inputs, labels]"
                                .formatted(file, shape, batch.rows()));
            }
            return rows(logits.toType(DataType.FLOAT32, false).toFloatArray(), batch.rows());
        }
    }

    private static float[][] rows(float[] flat, int count) {
        int labels = flat.length / count;
        float[][] rows = new float[count][labels];
        for (int i = 0; i < count; i++) {
            System.arraycopy(flat, i * labels, rows[i], 0, labels);
        }
        return rows;
    }

    @Override
    public void close() {
        script.close();
        manager.close();
    }
}
