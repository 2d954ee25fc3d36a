package io.counterflow.imports.completions;

import io.counterflow.model.tokenizer.chat.ChatMessage;
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
     * @param said of a completion of several turns whose tokens are known what they say, in order; its text is none then
     * @param turns those of a completion of several turns whose tokens are not known, in order; its text is none then
     */
    record Member(
            String text,
            Map<String, Double> scores,
            ImportedSample sample,
            List<String> said,
            List<ChatMessage> turns) {

        /** One of which only the text is known. */
        Member(String text, Map<String, Double> scores) {
            this(text, scores, ImportedSample.UNKNOWN, List.of(), List.of());
        }

        /** With what its tokens say. */
        Member withText(String exact) {
            return new Member(exact, scores, sample, List.of(), List.of());
        }

        /** With which of its tokens the policy wrote. */
        Member withMask(boolean[] written) {
            return new Member(text, scores, sample.withMask(written), said, turns);
        }

        /** With other scores. */
        Member withScores(Map<String, Double> others) {
            return new Member(text, others, sample, said, turns);
        }
    }
}
