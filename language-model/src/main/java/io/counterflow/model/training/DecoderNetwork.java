package io.counterflow.model.training;

import ai.djl.ndarray.NDManager;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.RowLayout;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.decoder.WeightList;
import java.util.List;

/**
 * A decoder, with its adapter where it has one.
 *
 * @param readout what the loss sees
 * @param checkpointing whether activations are computed again on the way back, to save memory
 */
public record DecoderNetwork(Decoder decoder, Readout readout, boolean checkpointing) implements Network<TokenBatch> {

    @Override
    public NDManager manager() {
        return decoder.manager();
    }

    @Override
    public WeightList weights() {
        return decoder.policy();
    }

    @Override
    public RowLayout layout(TokenBatch part) {
        return part.layout();
    }

    @Override
    public double dropout() {
        return decoder.adapter() == null ? 0 : decoder.adapter().config().dropout();
    }

    @Override
    public void prepare(List<TokenBatch> parts) {
        decoder.cosines(parts.stream().mapToInt(TokenBatch::width).max().orElseThrow());
    }

    @Override
    public Propagation forward(WeightList weights, TokenBatch part, long seed) {
        return checkpointing
                ? Pass.checkpointed(decoder, weights, part, readout, dropout(), seed)
                : Pass.whole(decoder, weights, part, readout, dropout(), seed);
    }
}
