package io.counterflow.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.TokenBatch;
import java.util.Arrays;

/** What a loss sees of the decoder's output, and how its gradient goes back to the output. */
public enum Readout {
    /** ln p of each target token. */
    LOG_PROBABILITIES {
        @Override
        NDArray read(Decoder decoder, NDArray logits, TokenBatch batch, Scratch step) {
            return decoder.logProbabilities(logits, batch.targets(step.manager()), step);
        }

        @Override
        float[] values(NDArray read, TokenBatch batch) {
            return Arrays.copyOf(read.toFloatArray(), batch.predictions());
        }

        @Override
        NDArray gradient(
                Decoder decoder, NDArray logits, NDArray read, float[] upstream, TokenBatch batch, Scratch step) {
            NDArray slopes = step.manager().create(upstream);
            return decoder.toGradient(logits, batch.targets(step.manager()), read, slopes, step);
        }
    },
    /** The logits of each sequence's last token. */
    LAST_LOGITS {
        @Override
        NDArray read(Decoder decoder, NDArray logits, TokenBatch batch, Scratch step) {
            return logits.stopGradient().toType(DataType.FLOAT32, false);
        }

        @Override
        float[] values(NDArray read, TokenBatch batch) {
            return read.toFloatArray();
        }

        @Override
        NDArray gradient(
                Decoder decoder, NDArray logits, NDArray read, float[] upstream, TokenBatch batch, Scratch step) {
            NDArray slopes = step.manager().create(upstream);
            return decoder.script().tensor(step.manager(), "as_type", step.tensor(slopes), step.tensor(logits));
        }
    };

    abstract NDArray read(Decoder decoder, NDArray logits, TokenBatch batch, Scratch step);

    abstract float[] values(NDArray read, TokenBatch batch);

    abstract NDArray gradient(
            Decoder decoder, NDArray logits, NDArray read, float[] upstream, TokenBatch batch, Scratch step);
}
