package io.counterflow.model.tokenizer.chat;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.Tokenizer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Token ids of prompts, and of completions that were written elsewhere, as a model was trained to see them. A text gets the special tokens of the
 * tokenizer, a conversation those of the chat template. Safe for use by several threads.
 */
public final class PromptEncoder {

    private final Tokenizer tokenizer;
    private final Set<Integer> endTokens;
    private final int endToken;
    private final Optional<ChatTemplate> template;
    private final String noTemplate;

    private PromptEncoder(
            Tokenizer tokenizer, Set<Integer> endTokens, int endToken, Optional<ChatTemplate> template, String why) {
        this.tokenizer = tokenizer;
        this.endTokens = endTokens;
        this.endToken = endToken;
        this.template = template;
        this.noTemplate = why;
    }

    /**
     * Of a tokenizer, with the chat template beside it.
     *
     * @param tokenizer stays the caller's
     * @param modelEndTokens ids that end a completion, as the model's configuration says; where it says nothing, the tokenizer's own counts
     */
    public static PromptEncoder of(Tokenizer tokenizer, List<Integer> modelEndTokens) {
        requireNonNull(tokenizer, "tokenizer is null");
        int own = tokenizer.eosTokenId().orElse(modelEndTokens.isEmpty() ? -1 : modelEndTokens.get(0));
        List<Integer> ends = new ArrayList<>(modelEndTokens);
        if (ends.isEmpty() && own >= 0) {
            ends.add(own);
        }
        int end = ends.isEmpty() || ends.contains(own) ? own : ends.get(0);
        Optional<ChatTemplate> template = Optional.empty();
        String why = "the model has no chat template";
        try {
            template = ChatTemplate.read(tokenizer.file().toAbsolutePath().getParent());
        } catch (ChatTemplateException e) {
            why = e.getMessage();
        }
        return new PromptEncoder(tokenizer, Set.copyOf(ends), end, template, why);
    }

    /**
     * A text that is to be gone on with.
     *
     * @throws io.counterflow.model.tokenizer.TokenizerException if it has something that the vocabulary has no token for
     */
    public int[] prompt(String text) {
        return tokenizer.encode(text, true);
    }

    /**
     * A conversation up to where the assistant's next turn begins.
     *
     * @param now what templates that tell the date tell
     * @throws ChatTemplateException if there is no template, or it refuses the messages
     */
    public int[] prompt(List<ChatMessage> messages, Instant now) {
        return tokenizer.encode(render(messages, true, now), false);
    }

    /** A text that is whole, with the token that ends it where the text does not bring that itself. */
    public int[] text(String text) {
        return withEnd(tokenizer.encode(text, true));
    }

    /** A prompt and what follows it, with the token that ends it. They are the tokens of the whole, divided as {@link Tokenizer#split} does. */
    public TokenSplit completion(String prompt, String completion) {
        TokenSplit split = tokenizer.split(prompt, completion, true);
        return split.withSecond(withEnd(split.second()));
    }

    /**
     * A conversation up to where the assistant's next turn begins, and that turn up to and including the token that ends it. They are the tokens of the whole
     * conversation, divided as {@link Tokenizer#split} does. Where the template spells the assistant's last words otherwise than it begins them, as those
     * do that leave out what was thought, the reply stands as it is behind the beginning.
     *
     * @throws ChatTemplateException if there is no template, or it refuses the messages
     */
    public TokenSplit reply(List<ChatMessage> messages, String reply, Instant now) {
        List<ChatMessage> all = new ArrayList<>(messages);
        all.add(new ChatMessage("assistant", reply));
        String before = render(messages, true, now);
        String both = render(all, false, now);
        String after = both.startsWith(before) ? both.substring(before.length()) : reply;
        TokenSplit split = tokenizer.split(before, after, false);
        int[] ids = split.second();
        for (int i = 0; i < ids.length; i++) {
            if (endTokens.contains(ids[i])) {
                return split.withSecond(Arrays.copyOf(ids, i + 1));
            }
        }
        return split.withSecond(withEnd(ids));
    }

    private String render(List<ChatMessage> messages, boolean addGenerationPrompt, Instant now) {
        return template.orElseThrow(() -> new ChatTemplateException(noTemplate))
                .render(messages, addGenerationPrompt, now.atZone(ZoneOffset.UTC));
    }

    private int[] withEnd(int[] ids) {
        if (endToken < 0 || ids.length > 0 && endTokens.contains(ids[ids.length - 1])) {
            return ids;
        }
        int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = endToken;
        return ended;
    }
}
