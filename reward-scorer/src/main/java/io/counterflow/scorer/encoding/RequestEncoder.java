package io.counterflow.scorer.encoding;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplate;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.model.tokenizer.chat.TemplateVariables;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.exchange.Conversations;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Completions as the tokens of one classifier. Safe for use by several threads, as tokenizers are. */
public final class RequestEncoder {

    // Some chat templates tell the date. A score must not depend on the day.
    private static final ZonedDateTime DATE = ZonedDateTime.of(2024, 7, 26, 0, 0, 0, 0, ZoneOffset.UTC);

    private final SequenceClassifier classifier;
    private final Tokenizer tokenizer;
    private final InputForm form;
    private final Template template;
    private final Optional<ChatTemplate> chat;
    private final Map<String, JsonNode> variables;
    private final int limit;
    private final Truncation truncation;

    /** Inputs for {@code classifier}, which stays the caller's to close. */
    public RequestEncoder(SequenceClassifier classifier, EncodingConfig config) {
        this.classifier = requireNonNull(classifier, "classifier is null");
        tokenizer = classifier.tokenizer();
        EncodingConfig full = config.withDefaults();
        form = full.form();
        template = Template.of(full.template());
        chat = full.chatTemplate()
                ? ChatTemplate.read(tokenizer.file().toAbsolutePath().getParent())
                : Optional.empty();
        variables = TemplateVariables.of(full.templateVariables());
        if (!variables.isEmpty()) {
            chat.orElseThrow(() -> new IllegalArgumentException(
                            "templateVariables are given, and no chat template is used: " + variables.keySet()))
                    .requireVariables(variables.keySet());
        }
        limit = full.maxLength() == null ? classifier.context() : Math.min(full.maxLength(), classifier.context());
        truncation = full.truncation();
    }

    /**
     * The tokens of a completion and its prompt.
     *
     * @throws IllegalArgumentException when the template wants metadata that is not there, or the model cannot take the text
     */
    public EncodedRequest encode(ScoreRequest request) {
        if (!request.turns().isEmpty() && chat.isPresent()) {
            // The template spells the special tokens itself.
            int[] tokens = tokenizer.encode(chat.get().render(conversation(request), false, DATE));
            return cut(new ClassifierInput(tokens, new int[tokens.length]));
        }
        if (form == InputForm.PAIR) {
            return pair(request.prompt(), request.completion());
        }
        return cut(classifier.encode(template.fill(request)));
    }

    private Conversation conversation(ScoreRequest request) {
        Conversation own = Conversations.of(request);
        Map<String, JsonNode> all = new HashMap<>(variables);
        all.putAll(own.variables());
        return new Conversation(own.messages(), all).and(new ChatMessage("assistant", request.completion()));
    }

    private EncodedRequest cut(ClassifierInput input) {
        int first = leadingSpecial(input.tokens());
        int last = input.length() - trailingSpecial(input.tokens(), first);
        return without(input, first, last, input.length() - limit, truncation);
    }

    /** The first text gives way: it is the longer one, and the second is what is judged. */
    public EncodedRequest pair(String first, String second) {
        ClassifierInput input = classifier.encode(first, second);
        int tooMany = input.length() - limit;
        if (tooMany <= 0) {
            return new EncodedRequest(input, 0);
        }
        int from = leadingSpecial(input.tokens());
        int to = from + tokenizer.encode(first).length;
        EncodedRequest shorter = without(input, from, to, tooMany, truncation);
        int left = shorter.input().length() - limit;
        if (left <= 0) {
            return shorter;
        }
        int end = shorter.input().length() - trailingSpecial(shorter.input().tokens(), from);
        int start = end - tokenizer.encode(second).length;
        EncodedRequest both = without(shorter.input(), start, end, left, Truncation.HEAD);
        return new EncodedRequest(both.input(), shorter.cut() + both.cut());
    }

    private static EncodedRequest without(ClassifierInput input, int from, int to, int tooMany, Truncation truncation) {
        if (tooMany <= 0) {
            return new EncodedRequest(input, 0);
        }
        int[] kept = truncation.kept(from, to, to - from - tooMany);
        int length = from + kept.length + input.length() - to;
        int[] tokens = new int[length];
        int[] segments = new int[length];
        for (int i = 0; i < length; i++) {
            int place = i < from ? i : i < from + kept.length ? kept[i - from] : to + i - from - kept.length;
            tokens[i] = input.tokens()[place];
            segments[i] = input.segments()[place];
        }
        return new EncodedRequest(new ClassifierInput(tokens, segments), input.length() - length);
    }

    private int leadingSpecial(int[] tokens) {
        int count = 0;
        while (count < tokens.length && tokenizer.isSpecial(tokens[count])) {
            count++;
        }
        return count;
    }

    private int trailingSpecial(int[] tokens, int from) {
        int count = 0;
        while (tokens.length - count > from && tokenizer.isSpecial(tokens[tokens.length - count - 1])) {
            count++;
        }
        return count;
    }
}
