package io.counterflow.producer.source;

import io.counterflow.model.tokenizer.TokenizerException;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.source.CompletionSource.Tokenized;
import io.counterflow.schemas.Prompt;

/** Makes token ids of prompts, as the model was trained to see them. */
final class PromptTokens {

    private PromptTokens() {}

    /**
     * @param contextLength tokens that prompt and completion may have together
     * @throws IllegalArgumentException where completions leave room for no prompt at all, which no prompt is to blame for
     */
    static Tokenized of(Prompt prompt, PromptEncoder encoder, int contextLength, int maxTokens) {
        int room = contextLength - maxTokens;
        if (room <= 0) {
            throw new IllegalArgumentException(
                    "producer.sampling.maxTokens is " + maxTokens + ", and the model's context of " + contextLength
                            + " tokens has no room for a prompt beside as many");
        }
        boolean chat = prompt.getMessages() != null && !prompt.getMessages().isEmpty();
        if (!chat && (prompt.getText() == null || prompt.getText().isBlank())) {
            return new Tokenized.Refused("the prompt is empty; a completion needs at least one token before it");
        }
        int[] ids;
        try {
            // The time of the import, so that a template that tells the date says the same whenever it is sampled.
            ids = chat
                    ? encoder.prompt(PromptConversation.of(prompt), prompt.getCreatedAt())
                    : encoder.prompt(prompt.getText());
        } catch (TokenizerException e) {
            return new Tokenized.Refused(e.getMessage());
        } catch (ChatTemplateException e) {
            return new Tokenized.Refused("the prompt has chat messages, and " + e.getMessage());
        }
        if (ids.length == 0) {
            return new Tokenized.Refused("the prompt has no token that the model knows");
        }
        if (ids.length > room) {
            return new Tokenized.Refused("the prompt has " + ids.length + " tokens; the context of " + contextLength
                    + " less " + maxTokens + " for the completion leaves " + room
                    + ". Shorten it, or lower producer.sampling.maxTokens");
        }
        return new Tokenized.Usable(ids);
    }
}
