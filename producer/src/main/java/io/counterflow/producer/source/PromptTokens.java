package io.counterflow.producer.source;

import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.TokenizerException;
import io.counterflow.producer.source.CompletionSource.Tokenized;
import io.counterflow.schemas.Prompt;

/** Makes token ids of prompts, as the model was trained to see them. */
final class PromptTokens {

    private PromptTokens() {}

    /** @param contextLength tokens that prompt and completion may have together */
    static Tokenized of(Prompt prompt, Tokenizer tokenizer, int contextLength, int maxTokens) {
        if (prompt.getMessages() != null && !prompt.getMessages().isEmpty()) {
            return new Tokenized.Refused("the prompt has chat messages, and the model's tokenizer has no chat template"
                    + " that is understood; import it as text");
        }
        if (prompt.getText() == null || prompt.getText().isBlank()) {
            return new Tokenized.Refused("the prompt is empty; a completion needs at least one token before it");
        }
        int[] ids;
        try {
            ids = tokenizer.encode(prompt.getText(), true);
        } catch (TokenizerException e) {
            return new Tokenized.Refused(e.getMessage());
        }
        if (ids.length == 0) {
            return new Tokenized.Refused("the prompt has no token that the model knows");
        }
        int room = contextLength - maxTokens;
        if (ids.length > room) {
            return new Tokenized.Refused("the prompt has " + ids.length + " tokens; the context of " + contextLength
                    + " less " + maxTokens + " for the completion leaves " + room
                    + ". Shorten it, or lower producer.sampling.maxTokens");
        }
        return new Tokenized.Usable(ids);
    }
}
