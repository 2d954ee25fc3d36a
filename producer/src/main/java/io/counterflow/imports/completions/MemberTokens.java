package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.node.TextNode;
import io.counterflow.imports.completions.ImportedGroup.Member;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.model.tokenizer.CompletionText;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.TokenizerException;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.source.PromptConversation;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Prompt;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The tokens of completions that were written elsewhere: those that the line has, checked against the tokenizer, and never others; else those of the text.
 * Thread-safe.
 */
final class MemberTokens {

    /** What transformers' {@code clean_up_tokenization_spaces} takes a space from. */
    private static final List<String> CLEANED =
            List.of(" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're");

    private final PromptEncoder encoder;
    private final Tokenizer tokenizer;
    private final int contextLength;

    MemberTokens(PromptEncoder encoder, int contextLength) {
        this.encoder = encoder;
        this.tokenizer = encoder.tokenizer();
        this.contextLength = contextLength;
    }

    /** A completion with its prompt's tokens and its own. */
    record Tokenised(Member member, TokenSplit tokens) {}

    /**
     * The tokens of a completion. Where they are known, its text is what they add to the prompt's.
     *
     * @throws BadLineException where they do not fit the model or the text, or the text cannot be encoded
     */
    Tokenised of(Prompt prompt, Member member) throws BadLineException {
        Tokenised tokenised;
        try {
            tokenised = member.sample().isExact() ? sampled(prompt, member) : encoded(prompt, member);
        } catch (TokenizerException | ChatTemplateException e) {
            throw new BadLineException(e.getMessage());
        }
        int length = tokenised.tokens().length();
        if (length > contextLength) {
            throw new BadLineException(
                    "prompt and completion have " + length + " tokens; the model's context is " + contextLength);
        }
        return tokenised;
    }

    /** @throws BadLineException where two completions of a prompt were sampled behind other tokens of it */
    void requireSamePrompt(Tokenised one, Collection<Tokenised> others) throws BadLineException {
        if (!one.member().sample().isFixed()) {
            return;
        }
        for (Tokenised other : others) {
            if (other.member().sample().isFixed()
                    && !Arrays.equals(one.tokens().first(), other.tokens().first())) {
                throw new BadLineException(
                        "its prompt has other token ids than an earlier completion of the same prompt; completions are compared behind the same");
            }
        }
    }

    private Tokenised encoded(Prompt prompt, Member member) {
        if (!member.turns().isEmpty()) {
            return inTurns(prompt, member);
        }
        boolean ended = member.sample().finishReason().orElse(FinishReason.STOP) == FinishReason.STOP;
        if (!ended) {
            int[] before = promptIds(prompt);
            return new Tokenised(member, new TokenSplit(before, encoder.behind(before, member.text(), false)));
        }
        TokenSplit split = prompt.getMessages() == null
                ? encoder.completion(prompt.getText(), member.text())
                : encoder.reply(
                        PromptConversation.of(prompt),
                        new ChatMessage("assistant", member.text()),
                        prompt.getCreatedAt());
        return new Tokenised(member, split);
    }

    /** Several turns are one completion, of which the policy wrote its own. Its text is what the tokens say, with what the template puts between turns. */
    private Tokenised inTurns(Prompt prompt, Member member) {
        Conversation conversation = PromptConversation.of(prompt);
        for (ChatMessage turn : member.turns()) {
            conversation = conversation.and(turn);
        }
        PromptEncoder.Turns turns = encoder.turns(conversation, prompt.getCreatedAt());
        TokenSplit split = turns.tokens();
        return new Tokenised(
                member.withText(CompletionText.of(tokenizer, split.first(), split.second()))
                        .withMask(turns.written()),
                split);
    }

    private int[] promptIds(Prompt prompt) {
        return prompt.getMessages() == null
                ? encoder.prompt(prompt.getText())
                : encoder.prompt(PromptConversation.of(prompt), prompt.getCreatedAt());
    }

    private Tokenised sampled(Prompt prompt, Member member) throws BadLineException {
        int[] ids = member.sample().tokenIds();
        int[] before = member.sample().promptTokenIds();
        requireEmbedded(ids);
        requireEmbedded(before);
        if (before.length > 0) {
            requirePrompt(prompt, before);
        } else {
            before = promptIds(prompt);
        }
        String text = CompletionText.of(tokenizer, before, ids);
        if (member.said().isEmpty()) {
            if (!member.text().isEmpty() && !says(ids, text, member.text())) {
                throw new BadLineException(
                        "the token ids say " + shown(text) + ", and the text " + shown(member.text()));
            }
        } else {
            requireSaid(tokenizer.decode(ids, false), member.said());
        }
        if (text.isBlank()) {
            throw new BadLineException("the token ids say nothing");
        }
        return new Tokenised(member.withText(text), new TokenSplit(before, ids));
    }

    private void requireEmbedded(int[] ids) throws BadLineException {
        for (int id : ids) {
            if (!tokenizer.hasEmbedding(id)) {
                throw new BadLineException(
                        "token id " + id + " is none of the model's vocabulary; were they sampled from another model?");
            }
        }
    }

    /** Whether a text is what tokens say: to their prompt, alone, with special tokens, cleaned up, or in the spelling of the tokenizer; with white space around or without. */
    private boolean says(int[] ids, String added, String text) {
        String alone = tokenizer.decode(ids, true);
        String given = text.strip();
        return added.strip().equals(given)
                || alone.strip().equals(given)
                || tokenizer.decode(ids, false).strip().equals(given)
                || cleaned(alone).equals(cleaned(text))
                || cleaned(alone).equals(cleaned(spelled(text)));
    }

    private static String cleaned(String text) {
        String cleaned = text;
        for (String spaced : CLEANED) {
            cleaned = cleaned.replace(spaced, spaced.strip());
        }
        return cleaned.strip();
    }

    /** As the tokenizer gives it back, whose normalizer may write other characters. */
    private String spelled(String text) {
        try {
            return tokenizer.decode(tokenizer.encode(text), true);
        } catch (TokenizerException e) {
            return text; // a closed vocabulary does not have it
        }
    }

    private void requirePrompt(Prompt prompt, int[] ids) throws BadLineException {
        if (prompt.getMessages() == null) {
            requireSaid(tokenizer.decode(ids, false), tokenizer.decode(ids, true), prompt.getText(), "the prompt");
            return;
        }
        String spelledOut = tokenizer.decode(ids, false);
        String plain = tokenizer.decode(ids, true);
        var last = prompt.getMessages().get(prompt.getMessages().size() - 1);
        if (!last.getContent().isBlank()) {
            requireSaid(spelledOut, plain, last.getContent(), "the prompt's last turn");
        }
    }

    private void requireSaid(String spelledOut, String plain, String text, String what) throws BadLineException {
        String wanted = text.strip();
        if (!spelledOut.contains(wanted)
                && !plain.contains(wanted)
                && !cleaned(plain).contains(cleaned(spelled(wanted)))) {
            throw new BadLineException(
                    "the prompt's token ids say " + shown(plain) + ", and " + what + " " + shown(text));
        }
    }

    private void requireSaid(String decoded, List<String> parts) throws BadLineException {
        int from = 0;
        for (String part : parts) {
            String wanted = part.strip();
            int at = decoded.indexOf(wanted, from);
            if (at < 0) {
                at = decoded.indexOf(spelled(wanted).strip(), from);
            }
            if (at < 0) {
                throw new BadLineException("the token ids do not say the turn " + shown(part));
            }
            from = at;
        }
    }

    private static String shown(String text) {
        return JsonLinesFile.abbreviated(TextNode.valueOf(text));
    }
}
