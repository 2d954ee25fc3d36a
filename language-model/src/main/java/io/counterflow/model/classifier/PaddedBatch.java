package io.counterflow.model.classifier;

import java.util.Arrays;
import java.util.List;

/**
 * Inputs padded on the right to the longest, as graphs take them.
 *
 * @param rows number of inputs, B
 * @param width tokens of the longest, T
 * @param ids [B, T]
 * @param mask [B, T], 1 where there is a token, 0 where there is padding
 * @param segments [B, T]
 */
record PaddedBatch(int rows, int width, long[] ids, long[] mask, long[] segments) {

    static PaddedBatch of(List<ClassifierInput> inputs, int padTokenId) {
        int rows = inputs.size();
        int width = inputs.stream().mapToInt(ClassifierInput::length).max().orElse(0);
        long[] ids = new long[rows * width];
        long[] mask = new long[rows * width];
        long[] segments = new long[rows * width];
        Arrays.fill(ids, padTokenId);
        for (int row = 0; row < rows; row++) {
            ClassifierInput input = inputs.get(row);
            for (int i = 0; i < input.length(); i++) {
                ids[row * width + i] = input.tokens()[i];
                segments[row * width + i] = input.segments()[i];
            }
            Arrays.fill(mask, row * width, row * width + input.length(), 1);
        }
        return new PaddedBatch(rows, width, ids, mask, segments);
    }

    long[] shape() {
        return new long[] {rows, width};
    }
}
