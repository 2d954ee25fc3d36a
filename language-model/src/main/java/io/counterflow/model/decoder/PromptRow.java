package io.counterflow.model.decoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Neighbouring sequences of a list that stand in one row of a {@link TokenBatch}: completions of one prompt, which then runs through the
 * network once instead of once for each. Each completion sees the prompt and itself, so that what is computed is the same.
 *
 * @param from the first of the sequences
 * @param to behind the last
 * @param length tokens of the row: the prompt, and every completion without its last token, which is a target only
 */
public record PromptRow(int from, int to, int length) {
    /**
     * Divides a list into rows. A completion joins its neighbour's row where that is cheaper than a row of its own: attention among
     * completions that do not see each other is computed in vain, which outweighs the prompt where completions are long.
     *
     * @param prompts one for each completion
     * @param width of the hidden state: the greater, the less attention counts beside the rest
     */
    public static List<PromptRow> of(List<int[]> prompts, List<int[]> completions, int width) {
        List<PromptRow> rows = new ArrayList<>();
        PromptRow row = null;
        for (int i = 0; i < completions.size(); i++) {
            int prompt = prompts.get(i).length;
            int more = Math.max(0, completions.get(i).length - 1);
            PromptRow alone = new PromptRow(i, i + 1, prompt + more);
            if (row == null) {
                row = alone;
                continue;
            }
            PromptRow together = new PromptRow(row.from, i + 1, row.length + more);
            if (Arrays.equals(prompts.get(row.from), prompts.get(i))
                    && together.cost(width) < row.cost(width) + alone.cost(width)) {
                row = together;
            } else {
                rows.add(row);
                row = alone;
            }
        }
        if (row != null) {
            rows.add(row);
        }
        return rows;
    }

    /** Number of sequences. */
    public int sequences() {
        return to - from;
    }

    /**
     * Multiplications in a layer, but for a constant factor: 24 width² a token in its matrices, and 4 width for each pair of tokens in
     * attention, half of them where it is causal and no more.
     */
    private double cost(int width) {
        double pairs = (double) length * length;
        return 6.0 * width * length + (sequences() == 1 ? pairs / 2 : pairs);
    }
}
