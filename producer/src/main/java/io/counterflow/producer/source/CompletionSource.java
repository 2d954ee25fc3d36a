package io.counterflow.producer.source;

import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import java.util.List;

/** Where completions come from. One thread at a time. */
public interface CompletionSource extends AutoCloseable {

    /** Whether {@link #follow} changes what is sampled; if not, there is nothing to evaluate here. */
    boolean followsPolicies();

    /**
     * Samples from this version from now on. On failure the version before stays.
     *
     * @throws PolicyUnavailableException when its weights are not there, or not those that were published
     */
    void follow(PolicyVersion version);

    /** What is sampled from now. */
    Stamp stamp();

    /** The seed that is sent and logged in place of this one: servers take fewer bits. */
    default long seed(long seed) {
        return seed;
    }

    /** The prompt as tokens, or why it cannot be completed. */
    Tokenized tokenize(Prompt prompt, SamplingConfig sampling);

    /**
     * Samples one completion for each request, in their order.
     *
     * @throws RuntimeException when sampling failed for good; nothing is published then
     */
    List<Sampled> sample(List<Request> requests, SamplingConfig sampling);

    @Override
    void close();

    /**
     * Which weights completions are sampled from.
     *
     * @param weightsSha256 lower-case hexadecimal; empty where unknown
     */
    record Stamp(long version, String weightsSha256) {}

    /** What became of a prompt. */
    sealed interface Tokenized {

        /** Token ids after template and special tokens. */
        record Usable(int[] tokenIds) implements Tokenized {}

        /** It can never be completed with these settings, and why. */
        record Refused(String cause) implements Tokenized {}
    }

    /** One completion to sample. */
    record Request(Prompt prompt, int[] promptTokenIds, long seed) {}

    /**
     * One sampled completion.
     *
     * @param tokenIds with the end-of-sequence token where it was sampled
     * @param logProbability in nats at temperature 1 without truncation, summed over tokenIds; NaN where unknown
     * @param tokenLogProbabilities its terms, one for each of tokenIds; empty where unknown
     * @param tokenIdsExact whether tokenIds are those that were sampled, not what a tokenizer makes of the text
     */
    record Sampled(
            int[] tokenIds,
            double logProbability,
            float[] tokenLogProbabilities,
            String text,
            FinishReason finishReason,
            boolean tokenIdsExact) {

        /** With the token ids that were sampled. */
        public Sampled(
                int[] tokenIds,
                double logProbability,
                float[] tokenLogProbabilities,
                String text,
                FinishReason finishReason) {
            this(tokenIds, logProbability, tokenLogProbabilities, text, finishReason, true);
        }
    }
}
