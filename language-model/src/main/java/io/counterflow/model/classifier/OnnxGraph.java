package io.counterflow.model.classifier;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.counterflow.model.checkpoint.CheckpointException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * A graph in ONNX, run by ONNX Runtime on the CPU, with the inputs and outputs that Optimum's export gives: {@code input_ids}, {@code
 * attention_mask} and, where the model has segments, {@code token_type_ids}, all int64 [B, T]; {@code logits} [B, L], float32.
 */
final class OnnxGraph implements Graph {
    private static final Set<String> INPUTS = Set.of("input_ids", "attention_mask", "token_type_ids");
    private static final String OUTPUT = "logits";

    private final OrtEnvironment environment;
    private final OrtSession session;

    private OnnxGraph(OrtEnvironment environment, OrtSession session) {
        this.environment = environment;
        this.session = session;
    }

    /** @param threads that share the work of a batch */
    static OnnxGraph open(Path file, int threads) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // On Windows it would report its use.
            environment.setTelemetry(false);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            OrtSession session = environment.createSession(file.toString(), options);
            if (!INPUTS.containsAll(session.getInputNames())
                    || !session.getOutputNames().contains(OUTPUT)) {
                String found =
                        "%s takes %s and gives %s; a classifier takes input_ids, attention_mask, token_type_ids and gives logits"
                                .formatted(file, session.getInputNames(), session.getOutputNames());
                session.close();
                throw new CheckpointException(found);
            }
            return new OnnxGraph(environment, session);
        } catch (OrtException e) {
            throw new CheckpointException("ONNX Runtime cannot load %s: %s".formatted(file, e.getMessage()), e);
        }
    }

    @Override
    public float[][] logits(PaddedBatch batch) {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        try {
            for (String name : session.getInputNames()) {
                long[] values =
                        switch (name) {
                            case "input_ids" -> batch.ids();
                            case "attention_mask" -> batch.mask();
                            default -> batch.segments();
                        };
                inputs.put(name, OnnxTensor.createTensor(environment, LongBuffer.wrap(values), batch.shape()));
            }
            try (OrtSession.Result result = session.run(inputs, Set.of(OUTPUT))) {
                if (result.get(0).getValue() instanceof float[][] logits) {
                    return logits;
                }
                throw new CheckpointException(
                        "The ONNX graph gives logits of type %s; wanted is a float32 matrix [inputs, labels]"
                                .formatted(result.get(0).getInfo()));
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime cannot compute the batch: " + e.getMessage(), e);
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot close the model: " + e.getMessage(), e);
        }
    }
}
