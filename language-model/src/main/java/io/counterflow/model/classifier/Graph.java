package io.counterflow.model.classifier;

/** A classifier's computation, made elsewhere. */
interface Graph extends AutoCloseable {

    /** The logits of a batch, [B][L]. */
    float[][] logits(PaddedBatch batch);

    @Override
    void close();
}
