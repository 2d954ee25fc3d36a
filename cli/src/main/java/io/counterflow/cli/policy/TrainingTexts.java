package io.counterflow.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.TokenizerException;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Reads what a policy is fitted to: lines with a prompt and a completion, with chat messages that end with the assistant's words, or with a text. Only
 * completions are learned; of a text, everything.
 */
final class TrainingTexts {

    private final PromptEncoder encoder;
    private final int longest;
    private final String promptColumn;
    private final String completionColumn;

    /**
     * What a file holds.
     *
     * @param tooLong lines left out because they have more tokens than go into the model
     */
    record Read(List<TokenSequence> sequences, int tooLong, List<BadLine> badLines) {}

    /** @param longest tokens that a sequence may have */
    TrainingTexts(PromptEncoder encoder, int longest, String promptColumn, String completionColumn) {
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.longest = longest;
        this.promptColumn = promptColumn;
        this.completionColumn = completionColumn;
    }

    /** Tokens that a sequence may have. */
    int longest() {
        return longest;
    }

    /**
     * Reads a file.
     *
     * @throws io.counterflow.log.lines.BadLinesException where lines are broken and they are not to be skipped
     */
    Read read(Path file, OnBadLine onBadLine) {
        List<TokenSequence> sequences = new ArrayList<>();
        int[] tooLong = new int[1];
        List<BadLine> bad = new JsonLinesFile(file).read(onBadLine, line -> {
            TokenSequence sequence = sequence(line);
            if (sequence.length() > longest) {
                tooLong[0]++;
            } else {
                sequences.add(sequence);
            }
        });
        return new Read(sequences, tooLong[0], bad);
    }

    private TokenSequence sequence(ObjectNode line) throws BadLineException {
        try {
            if (line.hasNonNull(completionColumn)) {
                JsonNode prompt = line.path(promptColumn);
                if (prompt.isArray() && line.get(completionColumn).isArray()) {
                    return reply(
                            prompt(prompt, line),
                            only(Conversation.messages(completionColumn, line.get(completionColumn))));
                }
                String completion = text(line, completionColumn);
                if (prompt.isArray()) {
                    return reply(prompt(prompt, line), new ChatMessage("assistant", completion));
                }
                String before = text(line, promptColumn);
                return checked(encoder.completion(before, completion));
            }
            if (line.path("messages").isArray()) {
                Conversation conversation = Conversation.read("messages", line.get("messages"), line);
                if (conversation.messages().size() < 2
                        || !conversation.last().role().equals("assistant")) {
                    throw new BadLineException("'messages' does not end with the assistant's answer to somebody");
                }
                return reply(conversation.withoutLast(), conversation.last());
            }
            if (line.hasNonNull("text")) {
                int[] ids = encoder.text(text(line, "text"));
                return checked(new TokenSplit(
                        Arrays.copyOf(ids, 1), Arrays.copyOfRange(ids, Math.min(1, ids.length), ids.length)));
            }
        } catch (TokenizerException | ChatTemplateException e) {
            throw new BadLineException(e.getMessage());
        }
        List<String> present = new ArrayList<>();
        line.fieldNames().forEachRemaining(present::add);
        throw new BadLineException(
                "neither " + promptColumn + " and " + completionColumn + " nor messages nor text, only " + present);
    }

    /** The completion is a turn of its own: a prompt that ends within the assistant's is none that it answers. */
    private Conversation prompt(JsonNode prompt, ObjectNode line) throws BadLineException {
        Conversation conversation = Conversation.read(promptColumn, prompt, line);
        if (conversation.last().role().equals("assistant")) {
            throw new BadLineException("'" + promptColumn + "' ends with the assistant's words: an answer that goes on"
                    + " within a turn is not taken");
        }
        return conversation;
    }

    private TokenSequence reply(Conversation conversation, ChatMessage reply) throws BadLineException {
        return checked(encoder.reply(conversation, reply, Instant.EPOCH));
    }

    private ChatMessage only(List<ChatMessage> completion) throws BadLineException {
        if (completion.size() != 1 || !completion.get(0).role().equals("assistant")) {
            throw new BadLineException("'" + completionColumn + "' is not one turn of the assistant");
        }
        return completion.get(0);
    }

    private static TokenSequence checked(TokenSplit tokens) throws BadLineException {
        if (tokens.first().length == 0 || tokens.second().length == 0) {
            throw new BadLineException("has no token to learn, or none before it");
        }
        return new TokenSequence(tokens.first(), tokens.second());
    }

    private static String text(ObjectNode line, String column) throws BadLineException {
        JsonNode value = line.path(column);
        if (!value.isTextual()) {
            throw new BadLineException("'" + column + "' is no text, but " + JsonLinesFile.abbreviated(value));
        }
        return value.asText();
    }
}
