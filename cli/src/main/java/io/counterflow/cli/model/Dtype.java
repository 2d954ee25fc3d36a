package io.counterflow.cli.model;

import io.counterflow.model.safetensors.TensorType;

/** Element types that a checkpoint can be written in. */
enum Dtype {
    FLOAT32(TensorType.F32),
    FLOAT16(TensorType.F16),
    BFLOAT16(TensorType.BF16);

    private final TensorType type;

    Dtype(TensorType type) {
        this.type = type;
    }

    TensorType type() {
        return type;
    }
}
