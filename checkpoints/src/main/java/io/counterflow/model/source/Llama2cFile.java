package io.counterflow.model.source;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.TensorSpec;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint of llama2.c in its legacy form (export version 0): seven little-endian integers, then the weights as
 * float32 without names, kind by kind over all layers.
 *
 * <p>llama2.c rotates neighbouring elements of a head, transformers its two halves, so the rows of the query and key
 * projections change places on the way.
 */
final class Llama2cFile {
    private static final int HEADER_BYTES = 7 * Integer.BYTES;
    private static final int LARGEST_SIZE = 1 << 20;

    private final LlamaShape shape;
    private final Map<String, float[]> weights = new HashMap<>();

    private Llama2cFile(LlamaShape shape) {
        this.shape = shape;
    }

    /** @throws SourceException if the file's length is not the one that its header asks for */
    static Llama2cFile read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() < HEADER_BYTES || channel.size() > Integer.MAX_VALUE) {
                throw new SourceException(
                        "%s is %d bytes long and no llama2.c checkpoint".formatted(file, channel.size()));
            }
            ByteBuffer bytes = channel.map(MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
            Llama2cFile checkpoint = new Llama2cFile(shape(bytes, file));
            checkpoint.readWeights(bytes.asFloatBuffer(), file);
            return checkpoint;
        } catch (IOException e) {
            throw new SourceException("cannot read %s: %s".formatted(file, e), e);
        }
    }

    private static LlamaShape shape(ByteBuffer bytes, Path file) {
        int[] header = new int[7];
        for (int i = 0; i < header.length; i++) {
            header[i] = bytes.getInt();
        }
        // A negative vocabulary size says that the output projection has weights of its own.
        boolean tied = header[5] > 0;
        header[5] = Math.abs(header[5]);
        for (int size : header) {
            if (size < 1 || size > LARGEST_SIZE) {
                throw new SourceException(
                        "%s is no llama2.c checkpoint: its header has the size %d".formatted(file, size));
            }
        }
        return new LlamaShape(header[5], header[0], header[1], header[2], header[3], header[4], header[6], tied);
    }

    private void readWeights(FloatBuffer floats, Path file) {
        int headDimension = shape.hiddenSize() / shape.attentionHeads();
        long hidden = shape.hiddenSize();
        long keys = (long) shape.keyValueHeads() * headDimension;
        long perLayer = 2 * hidden * (hidden + keys) + 3 * hidden * shape.intermediateSize() + 2 * hidden;
        long embedding = shape.vocabularySize() * hidden;
        long rotations = (long) shape.maxPositions() * headDimension;
        long expected = embedding * (shape.tiedEmbeddings() ? 1 : 2) + shape.layers() * perLayer + hidden + rotations;
        if (floats.remaining() != expected) {
            throw new SourceException(
                    "%s holds %d weights; its header asks for %d".formatted(file, floats.remaining(), expected));
        }
        take(floats, "model.embed_tokens", embedding);
        takeLayers(floats, "input_layernorm", hidden);
        takeLayers(floats, "self_attn.q_proj", hidden * hidden);
        takeLayers(floats, "self_attn.k_proj", keys * hidden);
        takeLayers(floats, "self_attn.v_proj", keys * hidden);
        takeLayers(floats, "self_attn.o_proj", hidden * hidden);
        takeLayers(floats, "post_attention_layernorm", hidden);
        takeLayers(floats, "mlp.gate_proj", hidden * shape.intermediateSize());
        takeLayers(floats, "mlp.down_proj", hidden * shape.intermediateSize());
        takeLayers(floats, "mlp.up_proj", hidden * shape.intermediateSize());
        take(floats, "model.norm", hidden);
        // The tables of the rotary embedding, which follow from the sizes.
        floats.position(floats.position() + (int) rotations);
        if (!shape.tiedEmbeddings()) {
            take(floats, "lm_head", embedding);
        }
        for (int layer = 0; layer < shape.layers(); layer++) {
            halfSplit("model.layers." + layer + ".self_attn.q_proj.weight", shape.attentionHeads());
            halfSplit("model.layers." + layer + ".self_attn.k_proj.weight", shape.keyValueHeads());
        }
    }

    private void takeLayers(FloatBuffer floats, String module, long count) {
        for (int layer = 0; layer < shape.layers(); layer++) {
            take(floats, "model.layers." + layer + "." + module, count);
        }
    }

    private void take(FloatBuffer floats, String module, long count) {
        float[] values = new float[(int) count];
        floats.get(values);
        weights.put(module + ".weight", values);
    }

    /** Moves row 2i of a head to i, and row 2i + 1 to i plus half the head. */
    private void halfSplit(String name, int heads) {
        float[] interleaved = weights.get(name);
        float[] split = new float[interleaved.length];
        int columns = shape.hiddenSize();
        int rows = interleaved.length / columns / heads;
        for (int head = 0; head < heads; head++) {
            for (int row = 0; row < rows; row++) {
                int target = row % 2 == 0 ? row / 2 : rows / 2 + row / 2;
                System.arraycopy(
                        interleaved, (head * rows + row) * columns, split, (head * rows + target) * columns, columns);
            }
        }
        weights.put(name, split);
    }

    /** The configuration that transformers would have: Llama 2's token ids, and 1e-5 in the normalisations. */
    ModelConfig config() {
        ObjectNode json = shape.config(1, 2, 0).json();
        json.putNull("pad_token_id");
        return ModelConfig.of(json);
    }

    /** The weights under their names in a checkpoint. */
    Collection<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>();
        for (TensorSpec spec : config().tensors()) {
            tensors.add(Tensor.ofFloats(spec.name(), TensorType.F32, spec.shape(), () -> weights.get(spec.name())));
        }
        return tensors;
    }
}
