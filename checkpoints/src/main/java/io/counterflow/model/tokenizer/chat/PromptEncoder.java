package io.counterflow.model.tokenizer.chat;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.model.tokenizer.MarkedTokens;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.Tokenizer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final Map<String, JsonNode> variables;

    private PromptEncoder(
            Tokenizer tokenizer,
            Set<Integer> endTokens,
            int endToken,
            Optional<ChatTemplate> template,
            String why,
            Map<String, JsonNode> variables) {
        this.tokenizer = tokenizer;
        this.endTokens = endTokens;
        this.endToken = endToken;
        this.template = template;
        this.noTemplate = why;
        this.variables = Map.copyOf(variables);
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
        return new PromptEncoder(tokenizer, Set.copyOf(ends), end, template, why, Map.of());
    }

    /** The tokenizer that it was made of; the caller's. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Whether a token ends a completion. */
    public boolean isEnd(int id) {
        return endTokens.contains(id);
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
     * With variables for the chat template, such as {@code enable_thinking}; a conversation's own come before them.
     *
     * @throws ChatTemplateException if there is a template, and it does not know one of them
     */
    public PromptEncoder withVariables(Map<String, JsonNode> more) {
        template.ifPresent(known -> known.requireVariables(more.keySet()));
        return new PromptEncoder(tokenizer, endTokens, endToken, template, noTemplate, more);
    }

    /**
     * A conversation up to where the assistant's next turn begins.
     *
     * @param now what templates that tell the date tell
     * @throws ChatTemplateException if there is no template, or it refuses the messages
     */
    public int[] prompt(Conversation conversation, Instant now) {
        return tokenizer.encode(render(conversation, true, now), false);
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
     * do that leave out what was thought, the reply stands as it is behind the beginning; thoughts that this opens, such as {@code <think>}, the reply does not open again. A reply that spells such a token itself, before its last words, goes
     * on behind it.
     *
     * @param reply the assistant's turn
     * @throws ChatTemplateException if there is no template, it refuses the messages, it opens thoughts that the reply has not, or it spells a reply that is more than a text otherwise than it begins it
     */
    public TokenSplit reply(Conversation conversation, ChatMessage reply, Instant now) {
        String before = render(conversation, true, now);
        String both = render(conversation.and(reply), false, now);
        if (!both.startsWith(before) && !reply.isPlain()) {
            throw new ChatTemplateException(
                    "the chat template does not begin the assistant's turn as it spells it, so a reply with %s cannot be told from what is before it"
                            .formatted(String.join(", ", reply.furtherKeys())));
        }
        String after =
                both.startsWith(before) ? both.substring(before.length()) : OpenedThought.rest(before, reply.text());
        TokenSplit split = tokenizer.split(before, after, false);
        int[] ids = split.second();
        for (int i = ownEnd(reply, ids); i < ids.length; i++) {
            if (endTokens.contains(ids[i])) {
                return split.withSecond(Arrays.copyOf(ids, i + 1));
            }
        }
        return split.withSecond(withEnd(ids));
    }

    /**
     * A conversation from where the assistant's first turn begins to where its last one is over, behind what is before it. Marked is what the assistant wrote: what the
     * template marks ({@code {% generation %}}), as transformers' {@code return_assistant_tokens_mask} has it, or else each turn of the assistant's from where it begins to the token
     * that ends it.
     *
     * @param now what templates that tell the date tell
     * @throws ChatTemplateException if there is no template, it refuses the messages, the assistant says nothing, or the template spells a turn otherwise when others follow
     */
    public Turns turns(Conversation conversation, Instant now) {
        Spelled spelled = spell(conversation, false, now);
        List<MarkedTokens.Part> said = spelled.said();
        MarkedTokens tokens =
                tokenizer.mark(spelled.text(), said.isEmpty() ? byTurn(conversation, spelled.text(), now) : said);
        boolean[] marked = tokens.marked();
        int from = 0;
        while (from < marked.length && !marked[from]) {
            from++;
        }
        int to = marked.length;
        while (to > from && !marked[to - 1]) {
            to--;
        }
        if (from == to) {
            throw new ChatTemplateException("the chat template spells nothing that the assistant said");
        }
        return new Turns(
                new TokenSplit(Arrays.copyOf(tokens.ids(), from), Arrays.copyOfRange(tokens.ids(), from, to)),
                Arrays.copyOfRange(marked, from, to));
    }

    /**
     * A conversation that goes on for several turns.
     *
     * @param tokens those before the assistant's first word, and those behind
     * @param written whether the assistant wrote each of the second
     */
    public record Turns(TokenSplit tokens, boolean[] written) {}

    /** The assistant's turns in a text, each with what ends it and without white space behind. */
    private List<MarkedTokens.Part> byTurn(Conversation conversation, String whole, Instant now) {
        List<MarkedTokens.Part> parts = new ArrayList<>();
        List<ChatMessage> messages = conversation.messages();
        for (int i = 0; i < messages.size(); i++) {
            if (!messages.get(i).role().equals("assistant")) {
                continue;
            }
            if (i == 0) {
                throw new ChatTemplateException(
                        "the conversation begins with the assistant's words, which nothing led to");
            }
            String before = render(new Conversation(messages.subList(0, i), conversation.variables()), true, now);
            String behind = render(new Conversation(messages.subList(0, i + 1), conversation.variables()), false, now);
            if (!behind.startsWith(before) || !whole.startsWith(behind.stripTrailing())) {
                throw new ChatTemplateException(
                        "the chat template spells turn %d otherwise when others follow, so which tokens the assistant wrote cannot be told"
                                .formatted(i + 1));
            }
            parts.add(new MarkedTokens.Part(
                    before.length(), behind.stripTrailing().length()));
        }
        return parts;
    }

    /** Where a reply is over that has the spelling of an end token within it: what follows is white space and special tokens. 0 for every other. */
    private int ownEnd(ChatMessage reply, int[] ids) {
        String said = reply.json().toString();
        if (endTokens.stream().noneMatch(end -> said.contains(tokenizer.decode(new int[] {end}, false)))) {
            return 0;
        }
        int end = ids.length;
        while (end > 0
                && (tokenizer.isSpecial(ids[end - 1])
                        || tokenizer.decode(new int[] {ids[end - 1]}, false).isBlank())) {
            end--;
        }
        return end;
    }

    /**
     * A text behind tokens that stay as they are, as {@link Tokenizer#encodeBehind} has it.
     *
     * @param ended whether the token that ends a completion follows
     */
    public int[] behind(int[] prompt, String text, boolean ended) {
        int[] ids = tokenizer.encodeBehind(prompt, text);
        return ended ? withEnd(ids) : ids;
    }

    private String render(Conversation conversation, boolean addGenerationPrompt, Instant now) {
        return spell(conversation, addGenerationPrompt, now).text();
    }

    private Spelled spell(Conversation conversation, boolean addGenerationPrompt, Instant now) {
        Map<String, JsonNode> all = new HashMap<>(variables);
        all.putAll(conversation.variables());
        return template.orElseThrow(() -> new ChatTemplateException(noTemplate))
                .spell(new Conversation(conversation.messages(), all), addGenerationPrompt, now.atZone(ZoneOffset.UTC));
    }

    private int[] withEnd(int[] ids) {
        int end = ids.length;
        while (end > 0
                && !endTokens.contains(ids[end - 1])
                && tokenizer.decode(new int[] {ids[end - 1]}, false).isBlank()) {
            end--;
        }
        if (endToken < 0 || end > 0 && endTokens.contains(ids[end - 1])) {
            // Nothing is said behind it, but for white space.
            return endToken < 0 ? ids : Arrays.copyOf(ids, end);
        }
        tokenizer.requireEmbedded(endToken);
        int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = endToken;
        return ended;
    }
}
