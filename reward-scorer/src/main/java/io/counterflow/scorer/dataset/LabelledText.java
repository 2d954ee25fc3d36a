package io.counterflow.scorer.dataset;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import java.util.List;
import java.util.Map;

/**
 * A text, or a completion of a prompt, with its class.
 *
 * @param prompt empty where there is a text alone
 * @param turns the conversation, empty where the prompt is plain text
 * @param completion the text
 * @param label name of its class
 * @param templateVariables what a chat template is told beside the turns, as JSON
 */
public record LabelledText(
        String prompt, List<Turn> turns, String completion, String label, Map<String, String> templateVariables)
        implements Example {

    /** Without variables for a chat template. */
    public LabelledText(String prompt, List<Turn> turns, String completion, String label) {
        this(prompt, turns, completion, label, Map.of());
    }

    /** Copies the turns. */
    public LabelledText {
        requireNonNull(prompt, "prompt is null");
        requireNonNull(completion, "completion is null");
        requireNonNull(label, "label is null");
        turns = List.copyOf(turns);
        templateVariables = Map.copyOf(templateVariables);
    }

    @Override
    public String group() {
        return prompt.isEmpty() ? completion : prompt;
    }

    /** The text as a scorer sees it. */
    public ScoreRequest request() {
        return new ScoreRequest("text", prompt, turns, completion, Map.of(), templateVariables);
    }
}
