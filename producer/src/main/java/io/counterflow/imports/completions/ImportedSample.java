package io.counterflow.imports.completions;

import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Sampling;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a line knows of how its completion was sampled. The arrays are not copied and not to be changed.
 *
 * @param promptTokenIds the prompt as the policy saw it; empty where the line does not say
 * @param tokenIds the completion's tokens; empty where the line does not say, and then its text is encoded
 * @param logProbabilities ln p of each of these tokens, 0 where the policy did not write it; empty where unknown
 * @param mask whether the policy wrote each of these tokens; empty where it wrote all
 * @param policyVersion of the policy that sampled
 * @param policySha256 of its weights; empty where unknown
 * @param finishReason why it ended
 * @param sampling settings
 */
record ImportedSample(
        int[] promptTokenIds,
        int[] tokenIds,
        float[] logProbabilities,
        boolean[] mask,
        OptionalLong policyVersion,
        String policySha256,
        Optional<FinishReason> finishReason,
        Settings sampling) {

    private static final int[] NO_IDS = {};

    /** A completion of which only the text is known. */
    static final ImportedSample UNKNOWN = new ImportedSample(
            NO_IDS,
            NO_IDS,
            new float[0],
            new boolean[0],
            OptionalLong.empty(),
            "",
            Optional.empty(),
            new Settings(1, 0, 1, 1, 0, 0));

    /**
     * How it was sampled.
     *
     * @param maxTokens 0 where unknown
     */
    record Settings(double temperature, int topK, double topP, double repetitionPenalty, int maxTokens, long seed) {

        /** As a record has them; a completion of unknown limit could have no more tokens than it has. */
        Sampling of(int tokens) {
            return new Sampling(temperature, topK, topP, repetitionPenalty, maxTokens == 0 ? tokens : maxTokens, seed);
        }
    }

    /** Whether the tokens are known. */
    boolean isExact() {
        return tokenIds.length > 0;
    }

    /** Whether its tokens stay as they are, known or masked. */
    boolean isFixed() {
        return isExact() || mask.length > 0;
    }

    /** With which of its tokens the policy wrote, where it did not write all. */
    ImportedSample withMask(boolean[] written) {
        boolean all = true;
        for (boolean one : written) {
            all &= one;
        }
        boolean[] others = all ? new boolean[0] : written;
        return new ImportedSample(
                promptTokenIds,
                tokenIds,
                logProbabilities,
                others,
                policyVersion,
                policySha256,
                finishReason,
                sampling);
    }
}
