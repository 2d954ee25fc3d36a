package io.counterflow.producer.source;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.log.lines.UnicodeText;
import io.counterflow.model.tokenizer.StoppableText;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.producer.source.CompletionSource.Sampled;
import io.counterflow.schemas.FinishReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Reads the answer of a {@code /completions} request. Thread-safe. */
final class CompletionAnswer {

    private static final String TOKEN_ID = "token_id:";

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
    Sampled read(JsonNode answer, int[] promptIds, List<String> stopStrings) {
        JsonNode choice = answer.path("choices").path(0);
        if (!choice.path("text").isTextual()) {
            throw new CompletionServerException("the server's answer has no choices[0].text: " + answer);
        }
        // A server that cuts a text between the halves of a pair sends one of them, which the log has no form for.
        String text = UnicodeText.replaced(choice.get("text").asText());
        FinishReason reason = reason(choice);
        requireSamePrompt(choice, answer, promptIds);
        List<JsonNode> given = new ArrayList<>();
        JsonNode content = choice.path("logprobs").path("content");
        if (content.isArray()) {
            content.forEach(token -> given.add(token.path("logprob")));
        } else {
            choice.path("logprobs").path("token_logprobs").forEach(given::add);
        }
        List<Float> terms = logProbabilities(given);
        int[] ids = tokenIds(choice);
        if (ids.length == 0) {
            if (!encodesText) {
                throw new CompletionServerException(
                        "the server's answer names no token ids (choices[0].token_ids as"
                                + " vLLM, logprobs.content[].id as llama.cpp), and those of its text may not be the sampled ones;"
                                + " is producer.openAi.askForTokenIds false? producer.openAi.encodeText: true takes the text's");
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

    /** A server that puts a token before a prompt, or cuts it, samples from another prompt than the log would say. */
    private static void requireSamePrompt(JsonNode choice, JsonNode answer, int[] sent) {
        JsonNode ids =
                choice.has("prompt_token_ids") ? choice.get("prompt_token_ids") : answer.path("prompt_token_ids");
        if (ids.isArray()) {
            int[] seen =
                    IntStream.range(0, ids.size()).map(i -> ids.get(i).asInt()).toArray();
            if (!Arrays.equals(seen, sent)) {
                throw new CompletionServerException("the server sampled from a prompt of " + seen.length
                        + " tokens that is not the one of " + sent.length + " tokens that it was sent; is it told to"
                        + " truncate prompts, or to add special tokens?");
            }
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

    /** Whether the completion ended by itself or at its limit; a server that is paused, say, gives back what it has. */
    static boolean isFinished(JsonNode answer) {
        String reason = finish(answer);
        return reason.equals("stop")
                || reason.equals("length")
                || answer.path("choices").isEmpty();
    }

    static String finish(JsonNode answer) {
        return answer.path("choices").path(0).path("finish_reason").asText("none");
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
        JsonNode content = choice.path("logprobs").path("content");
        if (content.isArray() && !content.isEmpty()) {
            List<Integer> named = new ArrayList<>();
            for (JsonNode token : content) {
                if (!token.path("id").isInt()) {
                    return new int[0];
                }
                named.add(token.get("id").asInt());
            }
            return named.stream().mapToInt(Integer::intValue).toArray();
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

    private static List<Float> logProbabilities(List<JsonNode> terms) {
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
