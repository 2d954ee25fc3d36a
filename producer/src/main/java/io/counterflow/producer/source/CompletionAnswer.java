package io.counterflow.producer.source;

import io.counterflow.model.tokenizer.StoppableText;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.producer.source.CompletionSource.Sampled;
import io.counterflow.producer.source.server.Answer;
import io.counterflow.schemas.FinishReason;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Makes a completion of what a server answered. Thread-safe. */
final class CompletionAnswer {

    private final Tokenizer tokenizer;
    private final boolean encodesText;

    /** @param encodesText whether tokens that an answer does not name are made of its text */
    CompletionAnswer(Tokenizer tokenizer, boolean encodesText) {
        this.tokenizer = tokenizer;
        this.encodesText = encodesText;
    }

    /**
     * @param promptIds what the server was sent
     * @param stopStrings what it was told to stop at
     * @throws CompletionServerException when it is no answer to such a request
     */
    Sampled read(Answer answer, int[] promptIds, List<String> stopStrings) {
        answer.promptTokenIds().ifPresent(seen -> requireSamePrompt(seen, promptIds));
        String text = answer.text();
        FinishReason reason = reason(answer);
        int[] ids = answer.tokenIds();
        if (ids.length == 0) {
            if (!encodesText) {
                throw new CompletionServerException(
                        "the server's answer names no token ids (choices[0].token_ids as vLLM,"
                                + " logprobs.content[].id as llama.cpp, output_ids as SGLang), and those of its text may not be the"
                                + " sampled ones; is producer.openAi.askForTokenIds false? producer.openAi.encodeText: true takes the"
                                + " text's");
            }
            ids = tokenizer.encodeBehind(promptIds, text);
            if (reason == FinishReason.STOP && tokenizer.eosTokenId().isPresent()) {
                ids = IntStream.concat(
                                IntStream.of(ids),
                                IntStream.of(tokenizer.eosTokenId().getAsInt()))
                        .toArray();
            }
        } else {
            StoppableText own = new StoppableText(tokenizer, promptIds, stopStrings);
            boolean stopped = isStopped(own, ids);
            if (stopped && reason == FinishReason.STOP) {
                reason = FinishReason.STOP_STRING;
            }
            // Servers differ in what they strip from a text; what the tokens add to the prompt is the same everywhere.
            // Where a server stopped
            // for a reason that its tokens do not show, it has cut the text itself.
            if (stopped || !own.isStopped() && reason != FinishReason.STOP_STRING) {
                text = own.text();
            }
        }
        List<Float> terms = answer.terms();
        boolean exact = answer.tokenIds().length > 0;
        if (terms.size() != ids.length) {
            return new Sampled(ids, Double.NaN, new float[0], text, reason, exact);
        }
        float[] values = new float[ids.length];
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = terms.get(i);
            sum += values[i];
        }
        return new Sampled(ids, sum, values, text, reason, exact);
    }

    /** A server that puts a token before a prompt, or cuts it, samples from another prompt than the log would say. */
    private static void requireSamePrompt(int[] seen, int[] sent) {
        if (!Arrays.equals(seen, sent)) {
            throw new CompletionServerException("the server sampled from a prompt of " + seen.length
                    + " tokens that is not the one of " + sent.length + " tokens that it was sent; is it told to"
                    + " truncate prompts, or to add special tokens?");
        }
    }

    /** Takes all tokens; whether the last one stops the text. */
    private boolean isStopped(StoppableText text, int[] ids) {
        for (int i = 0; i < ids.length; i++) {
            boolean ends = i == ids.length - 1
                    && tokenizer.eosTokenId().isPresent()
                    && ids[i] == tokenizer.eosTokenId().getAsInt();
            if (!ends && text.append(ids[i])) {
                return i == ids.length - 1;
            }
        }
        return false;
    }

    private static FinishReason reason(Answer answer) {
        if (answer.isAtItsLimit()) {
            return FinishReason.LENGTH;
        }
        return answer.stoppedByString() ? FinishReason.STOP_STRING : FinishReason.STOP;
    }
}
