package io.counterflow.producer.source;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.log.lines.UnicodeText;
import io.counterflow.model.tokenizer.StoppableText;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.producer.source.CompletionSource.Sampled;
import io.counterflow.schemas.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Reads the answer of a {@code /completions} request. Thread-safe. */
final class CompletionAnswer {

    private static final String TOKEN_ID = "token_id:";

    private final Tokenizer tokenizer;

    CompletionAnswer(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * @param promptIds what the server was sent
     * @param stopStrings what it was told to stop at
     * @throws CompletionServerException when it is no answer to such a request
     */
    Sampled read(JsonNode answer, int[] promptIds, List<String> stopStrings) {
        JsonNode choice = answer.path("choices").path(0);
        if (!choice.path("text").isTextual()) {
            throw new CompletionServerException("the server's answer has no choices[0].text: " + answer);
        }
        // A server that cuts a text between the halves of a pair sends one of them, which the log has no form for.
        String text = UnicodeText.replaced(choice.get("text").asText());
        FinishReason reason = reason(choice);
        List<Float> terms = logProbabilities(choice.path("logprobs").path("token_logprobs"));
        int[] ids = tokenIds(choice);
        if (ids.length == 0) {
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
        if (terms.size() != ids.length) {
            return new Sampled(ids, Double.NaN, new float[0], text, reason);
        }
        float[] values = new float[ids.length];
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = terms.get(i);
            sum += values[i];
        }
        return new Sampled(ids, sum, values, text, reason);
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

    private static FinishReason reason(JsonNode choice) {
        String reason = choice.path("finish_reason").asText();
        if (reason.equals("length")) {
            return FinishReason.LENGTH;
        }
        // vLLM says which string stopped it; others do not tell it from the end-of-sequence token.
        return choice.path("stop_reason").isTextual() ? FinishReason.STOP_STRING : FinishReason.STOP;
    }

    private static int[] tokenIds(JsonNode choice) {
        JsonNode ids = choice.path("token_ids");
        if (ids.isArray()) {
            return IntStream.range(0, ids.size()).map(i -> ids.get(i).asInt()).toArray();
        }
        List<Integer> found = new ArrayList<>();
        for (JsonNode token : choice.path("logprobs").path("tokens")) {
            if (!token.asText().startsWith(TOKEN_ID)) {
                return new int[0];
            }
            found.add(Integer.parseInt(token.asText().substring(TOKEN_ID.length())));
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    private static List<Float> logProbabilities(JsonNode terms) {
        List<Float> values = new ArrayList<>();
        for (JsonNode term : terms) {
            if (!term.isNumber()) {
                return List.of();
            }
            values.add(term.floatValue());
        }
        return values;
    }
}
