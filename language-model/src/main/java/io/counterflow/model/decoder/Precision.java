package io.counterflow.model.decoder;

/** Number format of matrix products and activations; weights, norms, softmax of the vocabulary and optimizer stay float32. */
public enum Precision {
    FLOAT32(6),
    BFLOAT16(15);

    private final long code;

    Precision(long code) {
        this.code = code;
    }

    /** libtorch's number of this type (c10::ScalarType). */
    public long code() {
        return code;
    }
}
