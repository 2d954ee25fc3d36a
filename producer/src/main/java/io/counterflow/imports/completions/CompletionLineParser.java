package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.imports.completions.ImportedGroup.Member;
import io.counterflow.imports.prompts.PromptLineParser;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Makes completions of one JSON object, in the forms that data sets on the Hugging Face hub have.
 *
 * <p>A completion is a text, or the last turn of a conversation, which must be the assistant's. The turns before it are the prompt, or go on from it:
 * see {@link #join}. Any other column is metadata, {@code reference} included. Thread-safe.
 */
final class CompletionLineParser {

    static final String PREFERENCE = "preference";

    /** What a model said. */
    private static final List<String> RESPONSE_NAMES = List.of("completion", "completions", "response", "responses");
    /** The same, or what it should have said: where a conversation ends with the assistant's words they are the latter. */
    private static final List<String> ANSWER_NAMES = List.of("answer", "output");

    private final PromptLineParser prompts;
    private final CompletionColumns columns;
    private final Function<int[], String> spelled;

    /** @param spelled the text of a prompt's token ids, special ones spelled: the prompt of a line that has no other */
    CompletionLineParser(PromptLineParser prompts, CompletionColumns columns, Function<int[], String> spelled) {
        this.prompts = prompts;
        this.columns = columns;
        this.spelled = spelled;
    }

    /** A prompt with a completion or several; a conversation's last turn is the completion where there is no such column. */
    ImportedGroup completions(ObjectNode line) throws BadLineException {
        ObjectNode flat = ServedLine.flat(line);
        ObjectNode rest = flat.deepCopy();
        Map<String, JsonNode> scores = new LinkedHashMap<>();
        for (Map.Entry<String, String> column : columns.scores().entrySet()) {
            JsonNode value = rest.remove(column.getValue());
            if (value == null || value.isNull()) {
                throw new BadLineException(
                        (value == null ? "no column " + column.getValue() : "'" + column.getValue() + "' is null")
                                + " for the scores of " + column.getKey());
            }
            scores.put(column.getKey(), value);
        }
        SampleColumns samples = SampleColumns.take(rest, columns.samples());
        Optional<String> name = samples.isExact() ? textColumn(rest, samples) : Optional.of(completionColumn(rest));
        Answers answers = name.isEmpty()
                ? new Answers(
                        Collections.nCopies(samples.completions(), ""), JsonNodeFactory.instance.arrayNode(), List.of())
                : answers(name.get(), rest.remove(name.get()), samples);
        List<Member> members = members(answers, scores, samples);
        if (samples.isExact() && answers.before().isEmpty()) {
            return exact(flat, rest, members);
        }
        return group(flat, rest, name.orElse(""), answers, members);
    }

    private Answers answers(String name, JsonNode value, SampleColumns samples) throws BadLineException {
        boolean conversation = value.isArray() && value.path(0).isObject();
        return columns.everyTurn() && conversation && !samples.isExact()
                ? Answers.everyTurn(name, value, !conversations().contains(name))
                : Answers.of(name, value, samples);
    }

    /** Where the tokens are known, the prompt is the column as it stands, or what its tokens spell. */
    private ImportedGroup exact(ObjectNode line, ObjectNode rest, List<Member> members) throws BadLineException {
        int[] prompt = members.get(0).sample().promptTokenIds();
        try {
            prompts.promptColumn(rest, line);
        } catch (BadLineException e) {
            if (prompt.length == 0) {
                throw e;
            }
            String column = columns.prompt().prompt() == null
                    ? "prompt"
                    : columns.prompt().prompt();
            rest.put(column, spelled.apply(prompt));
        }
        return new ImportedGroup(prompts.parseWhole(rest), members);
    }

    /** The column with what the tokens say, if there is one. */
    private Optional<String> textColumn(ObjectNode line, SampleColumns samples) throws BadLineException {
        if (columns.completion() != null) {
            return Optional.of(completionColumn(line));
        }
        Optional<String> column = present(RESPONSE_NAMES, line);
        if (column.isPresent()) {
            return column;
        }
        Optional<String> conversation = conversation(line)
                .filter(name ->
                        endsWithTheAssistant(line.get(name)) || samples.isMasked() && hasTheAssistant(line.get(name)));
        return conversation.or(() -> present(ANSWER_NAMES, line));
    }

    private String completionColumn(ObjectNode line) throws BadLineException {
        String given = columns.completion();
        if (given != null) {
            if (line.hasNonNull(given)) {
                return given;
            }
            throw new BadLineException(PromptLineParser.missing(List.of(given), line));
        }
        Optional<String> response = present(RESPONSE_NAMES, line);
        if (response.isPresent()) {
            return response.get();
        }
        Optional<String> conversation = conversation(line);
        Optional<String> answer = present(ANSWER_NAMES, line);
        if (answer.isPresent() && !(conversation.isPresent() && endsWithTheAssistant(line.get(conversation.get())))) {
            return answer.get();
        }
        if (conversation.isPresent()) {
            return conversation.get();
        }
        throw new BadLineException(PromptLineParser.missing(
                Stream.concat(RESPONSE_NAMES.stream(), ANSWER_NAMES.stream()).toList(), line));
    }

    private Optional<String> conversation(ObjectNode line) {
        return conversations().stream()
                .filter(name -> line.path(name).isArray())
                .findFirst();
    }

    private static boolean hasTheAssistant(JsonNode conversation) {
        try {
            return Conversation.messages("", conversation).stream()
                    .anyMatch(turn -> turn.role().equals("assistant"));
        } catch (ChatTemplateException e) {
            return false; // whoever reads it says so
        }
    }

    private static Optional<String> present(List<String> names, ObjectNode line) {
        return names.stream().filter(line::hasNonNull).findFirst();
    }

    private static boolean endsWithTheAssistant(JsonNode conversation) {
        try {
            List<ChatMessage> turns = Conversation.messages("", conversation);
            return turns.get(turns.size() - 1).role().equals("assistant");
        } catch (ChatTemplateException e) {
            return false; // whoever reads it says so
        }
    }

    private List<String> conversations() {
        String given = columns.prompt().prompt();
        return given != null ? List.of(given) : List.of("messages", "conversations");
    }

    /** The better and the worse completion of a prompt, which may be a column, or what two conversations have in common. */
    ImportedGroup preference(ObjectNode line) throws BadLineException {
        ObjectNode rest = line.deepCopy();
        Answers chosen = Answers.one("chosen", required(rest, "chosen"));
        Answers rejected = Answers.one("rejected", required(rest, "rejected"));
        if (!chosen.before().equals(rejected.before())) {
            throw new BadLineException("'chosen' and 'rejected' do not begin with the same conversation");
        }
        String better = chosen.texts().get(0);
        String worse = rejected.texts().get(0);
        if (better.equals(worse)) {
            throw new BadLineException("'chosen' and 'rejected' say the same");
        }
        return group(
                line,
                rest,
                "chosen",
                chosen,
                List.of(new Member(better, Map.of(PREFERENCE, 1.0)), new Member(worse, Map.of(PREFERENCE, -1.0))));
    }

    private ImportedGroup group(ObjectNode line, ObjectNode rest, String name, Answers answers, List<Member> members)
            throws BadLineException {
        if (answers.before().isEmpty()) {
            String column = prompts.promptColumn(rest, line);
            boolean conversation = conversations().contains(column);
            boolean chosen = conversation && columns.completion() != null;
            if (!chosen && rest.get(column).isArray() && endsWithTheAssistant(rest.get(column))) {
                refuseAnotherReply(column, rest.get(column), name, members);
            }
            return new ImportedGroup(prompts.parse(rest), members);
        }
        String column =
                columns.prompt().prompt() == null ? "prompt" : columns.prompt().prompt();
        JsonNode prompt = rest.path(column);
        boolean alone = prompt.isMissingNode() || prompt.isNull();
        rest.set(column, alone ? answers.before() : join(column, prompt, name, answers.before()));
        return new ImportedGroup(prompts.parseWhole(rest), members);
    }

    /** The assistant's words at the end of a prompt are one of its completions; else they are another, or begin one. */
    private static void refuseAnotherReply(String column, JsonNode prompt, String name, List<Member> members)
            throws BadLineException {
        List<ChatMessage> turns = Answers.turns(column, prompt);
        String reply = turns.get(turns.size() - 1).text();
        if (members.stream().noneMatch(member -> member.text().equals(reply))) {
            throw new BadLineException(
                    "'%s' ends with the assistant's words, and '%s' says something else; an answer that goes on within a turn is not taken"
                            .formatted(column, name));
        }
    }

    /**
     * The whole prompt where both a prompt and a conversation's earlier turns are there. A prompt that is a text must be what one of these turns
     * says; they are the prompt then. A prompt that is a conversation is what they begin with, or what they go on from with the assistant's words.
     */
    private static ArrayNode join(String column, JsonNode prompt, String name, ArrayNode before)
            throws BadLineException {
        if (prompt.isTextual()) {
            String text = prompt.textValue().strip();
            if (Answers.turns(name, before).stream()
                    .anyMatch(m -> m.text().strip().equals(text))) {
                return before;
            }
            throw new BadLineException("'" + column + "' is none of the turns that '" + name + "' begins with");
        }
        List<JsonNode> turns = new ArrayList<>();
        prompt.forEach(turns::add);
        List<JsonNode> earlier = new ArrayList<>();
        before.forEach(earlier::add);
        if (earlier.size() >= turns.size() && earlier.subList(0, turns.size()).equals(turns)) {
            return before;
        }
        if (Answers.turns(name, before).get(0).role().equals("assistant")) {
            ArrayNode both = before.arrayNode();
            both.addAll(turns);
            both.addAll(earlier);
            return both;
        }
        throw new BadLineException("'" + name + "' does not go on from '" + column + "', but is another conversation");
    }

    private static JsonNode required(ObjectNode line, String column) throws BadLineException {
        JsonNode value = line.remove(column);
        if (value == null || value.isNull()) {
            throw new BadLineException(value == null ? "no column " + column : "'" + column + "' is null");
        }
        return value;
    }

    private List<Member> members(Answers answers, Map<String, JsonNode> scores, SampleColumns samples)
            throws BadLineException {
        List<String> texts = answers.texts();
        if (samples.isExact() && samples.completions() != texts.size()) {
            throw new BadLineException("%d completion%s, token ids of %d"
                    .formatted(texts.size(), texts.size() == 1 ? "" : "s", samples.completions()));
        }
        List<Member> members = new ArrayList<>();
        for (Member member : members(texts, scores)) {
            ImportedSample sample = SampleReader.read(samples, members.size(), texts.size());
            members.add(new Member(member.text(), member.scores(), sample, answers.said(), answers.turns()));
        }
        return members;
    }

    private static List<Member> members(List<String> texts, Map<String, JsonNode> scores) throws BadLineException {
        for (Map.Entry<String, JsonNode> score : scores.entrySet()) {
            JsonNode value = score.getValue();
            int given = value.isArray() ? value.size() : 1;
            if (given != texts.size()) {
                throw new BadLineException("%d completion%s, %d score%s of %s"
                        .formatted(
                                texts.size(),
                                texts.size() == 1 ? "" : "s",
                                given,
                                given == 1 ? "" : "s",
                                score.getKey()));
            }
        }
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            Map<String, Double> own = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> score : scores.entrySet()) {
                JsonNode value = score.getValue().isArray() ? score.getValue().get(i) : score.getValue();
                if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
                    throw new BadLineException("the score of " + score.getKey() + " for completion " + (i + 1)
                            + " is no number, but " + JsonLinesFile.abbreviated(value));
                }
                own.put(score.getKey(), value.asDouble());
            }
            members.add(new Member(texts.get(i), own));
        }
        return members;
    }
}
