package io.counterflow.model.checkpoint;

/** Weights that are NaN or infinite: what was trained to pieces, or overflowed where it was written. */
final class NonFinite {
    private NonFinite() {}

    /**
     * Refuses a piece of a tensor that holds one.
     *
     * @param at place of the piece's first element in the flattened tensor
     * @param where whose tensor it is
     * @throws CheckpointException with the tensor, the place and the value
     */
    static void refuse(String tensor, int at, float[] piece, String where) {
        int found = first(piece);
        if (found >= 0) {
            throw new CheckpointException("tensor %s of %s holds %s at element %d: nothing can be computed with it"
                    .formatted(tensor, where, piece[found], (long) at + found));
        }
    }

    /** Place of the first that is, or -1. */
    static int first(float[] piece) {
        for (int i = 0; i < piece.length; i++) {
            if (!Float.isFinite(piece[i])) {
                return i;
            }
        }
        return -1;
    }
}
