package io.counterflow.model.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a model asks of a checkpoint.
 *
 * @param required must be there, in these shapes
 * @param optional are taken where they are there in these shapes
 * @param prefix of names, which a checkpoint may leave out
 * @param tolerated which other tensors may be there
 * @param standIns by the name of a required tensor, another whose values it has where it is missing
 */
record WantedTensors(
        List<TensorSpec> required,
        List<TensorSpec> optional,
        String prefix,
        Predicate<String> tolerated,
        Map<String, String> standIns) {

    static WantedTensors of(ModelConfig config) {
        return new WantedTensors(
                config.tensors(),
                List.of(),
                config.family().prefix(),
                name -> TensorLayout.tolerates(config, name),
                config.tiedEmbeddings() ? Map.of(TensorLayout.embedding(config), TensorLayout.OUTPUT) : Map.of());
    }

    static WantedTensors of(EncoderConfig config) {
        return new WantedTensors(
                config.tensors(), List.of(), config.family().prefix(), EncoderLayout::isBuffer, Map.of());
    }

    static WantedTensors ofBase(EncoderConfig started) {
        return new WantedTensors(
                EncoderLayout.body(started),
                EncoderLayout.head(started),
                started.family().prefix(),
                name -> EncoderLayout.isBuffer(name) || !EncoderLayout.isOfBody(started, name),
                Map.of());
    }
}
