package io.counterflow.scorer.encoding;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.model.tokenizer.chat.TemplateVariables;
import java.util.Map;

/**
 * How completions become tokens. What is null here has its default; {@link #or} fills in what a trained model was trained with.
 *
 * @param form one text or a pair
 * @param template of the text
 * @param chatTemplate whether conversations are spelled by the checkpoint's chat template, where it has one
 * @param templateVariables what the chat template is told beside the conversation
 * @param maxLength most tokens of an input; the model's context is a limit anyway
 * @param truncation what is kept of an input that has more
 */
public record EncodingConfig(
        @JsonPropertyDescription("text: prompt and completion in one text; pair: as two texts. Default: text.")
        InputForm form,

        @JsonPropertyDescription(
                "The text, of {prompt}, {completion} and {metadata.NAME}. Default: {prompt}{completion}.")
        String template,

        @JsonPropertyDescription(
                "Whether conversations are spelled by the checkpoint's chat template, where it has one. Default: true.")
        Boolean chatTemplate,

        @JsonPropertyDescription("Variables of the chat template, e.g. {enable_thinking: false}. Default: none.")
        Map<String, Object> templateVariables,

        @JsonPropertyDescription("Most tokens of an input. Default: the model's context.")
        Integer maxLength,

        @JsonPropertyDescription("What is kept of an input with more tokens: head, tail or ends. Default: tail.")
        Truncation truncation) {

    /** Checks what is given. */
    public EncodingConfig {
        if (template != null) {
            Template.of(template);
        }
        TemplateVariables.of(templateVariables);
        if (maxLength != null && (maxLength < 8 || maxLength > 100_000_000)) {
            throw new IllegalArgumentException(
                    "maxLength " + maxLength + " must be at least 8 and at most 100000000 tokens");
        }
    }

    /** Nothing set. */
    public static EncodingConfig unset() {
        return new EncodingConfig(null, null, null, null, null, null);
    }

    /** This, and where it says nothing, {@code other}. */
    public EncodingConfig or(EncodingConfig other) {
        return new EncodingConfig(
                form == null ? other.form : form,
                template == null ? other.template : template,
                chatTemplate == null ? other.chatTemplate : chatTemplate,
                templateVariables == null ? other.templateVariables : templateVariables,
                maxLength == null ? other.maxLength : maxLength,
                truncation == null ? other.truncation : truncation);
    }

    /** This, with defaults for what is not set; {@code maxLength} stays as it is. */
    public EncodingConfig withDefaults() {
        return new EncodingConfig(
                requireNonNullElse(form, InputForm.TEXT),
                requireNonNullElse(template, Template.PLAIN.toString()),
                requireNonNullElse(chatTemplate, true),
                templateVariables,
                maxLength,
                requireNonNullElse(truncation, Truncation.TAIL));
    }
}
