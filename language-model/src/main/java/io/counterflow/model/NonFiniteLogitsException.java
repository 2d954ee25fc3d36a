package io.counterflow.model;

import ai.djl.ndarray.NDArray;
import io.counterflow.model.decoder.Decoder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A model's logits are no numbers (NaN), or infinite, so that nothing can be sampled, scored or learnt from them. The message is one line that
 * names the weights at fault, where it is theirs.
 */
public final class NonFiniteLogitsException extends RuntimeException {
    private NonFiniteLogitsException(String message) {
        super(message);
    }

    /** Looks through all weights, which only this failure is worth. */
    static NonFiniteLogitsException of(Decoder decoder, Path folder) {
        Map<String, NDArray> weights = new LinkedHashMap<>(decoder.parameters().arrays());
        if (decoder.adapter() != null) {
            weights.putAll(decoder.adapter().arrays());
        }
        String cause = weights.entrySet().stream()
                .flatMap(weight ->
                        fault(decoder, weight.getValue()).map(found -> weight.getKey() + " holds " + found).stream())
                .findFirst()
                .orElse("its weights are all finite, but too large to compute with");
        return new NonFiniteLogitsException("the logits of the model in " + folder + " are no numbers: " + cause);
    }

    private static Optional<String> fault(Decoder decoder, NDArray weight) {
        float[] found = new float[1];
        decoder.parameters().read(weight, (at, piece) -> {
            for (float value : piece) {
                if (!Float.isFinite(value) && Float.isFinite(found[0])) {
                    found[0] = value;
                }
            }
        });
        return Float.isFinite(found[0]) ? Optional.empty() : Optional.of(String.valueOf(found[0]));
    }
}
