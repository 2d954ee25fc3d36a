package io.counterflow.model.decoder;

import io.counterflow.model.checkpoint.Rope;

/** Cosines and sines of rotary positions, in the form that decoder.py takes: row-major [positions, head size]. */
final class RotaryTable {
    private RotaryTable() {}

    static float[] cosines(Rope rope, int headSize, int positions) {
        return table(rope, headSize, positions, false);
    }

    /** The first half of each row negated: with it, a roll of the head does for the swap of its halves. */
    static float[] signedSines(Rope rope, int headSize, int positions) {
        return table(rope, headSize, positions, true);
    }

    private static float[] table(Rope rope, int headSize, int positions, boolean sine) {
        float[] frequencies = rope.frequencies(headSize);
        float magnitude = (float) rope.scaling().magnitude();
        int half = frequencies.length;
        float[] table = new float[Math.multiplyExact(positions, 2 * half)];
        for (int position = 0; position < positions; position++) {
            for (int j = 0; j < half; j++) {
                // The angle is rounded to float32, as transformers does: far out, that rounding is part of the model.
                float angle = position * frequencies[j];
                float value = magnitude * (float) (sine ? Math.sin(angle) : Math.cos(angle));
                table[position * 2 * half + j] = sine ? -value : value;
                table[position * 2 * half + half + j] = value;
            }
        }
        return table;
    }
}
