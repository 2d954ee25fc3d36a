package io.counterflow.producer.completions;

import io.counterflow.schemas.Prompt;
import java.util.List;
import java.util.Map;

/** One line, or several lines with the same prompt: completions to compare. */
record ImportedGroup(Prompt prompt, List<Member> members) {

    /**
     * A completion.
     *
     * @param text what it says; where its tokens are known, what the file says that they say
     * @param scores what the file says of it, by scorer
     * @param sample how it was sampled
     * @param said of a completion of several turns what they say, in order; its text is none then
     */
    record Member(String text, Map<String, Double> scores, ImportedSample sample, List<String> said) {

        /** One of which only the text is known. */
        Member(String text, Map<String, Double> scores) {
            this(text, scores, ImportedSample.UNKNOWN, List.of());
        }

        /** With what its tokens say. */
        Member withText(String exact) {
            return new Member(exact, scores, sample, List.of());
        }

        /** With other scores. */
        Member withScores(Map<String, Double> others) {
            return new Member(text, others, sample, said);
        }
    }
}
