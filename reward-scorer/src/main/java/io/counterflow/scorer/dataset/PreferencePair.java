package io.counterflow.scorer.dataset;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import java.util.List;
import java.util.Map;

/**
 * Two completions of a prompt, of which somebody preferred one.
 *
 * @param prompt as text; of a conversation, the contents of its messages, one after the other
 * @param turns the conversation, empty where the prompt is plain text
 * @param chosen the better completion
 * @param rejected the other
 * @param templateVariables what a chat template is told beside the turns, as JSON
 */
public record PreferencePair(
        String prompt, List<Turn> turns, String chosen, String rejected, Map<String, String> templateVariables)
        implements Example {

    /** Without variables for a chat template. */
    public PreferencePair(String prompt, List<Turn> turns, String chosen, String rejected) {
        this(prompt, turns, chosen, rejected, Map.of());
    }

    /** Copies the turns. */
    public PreferencePair {
        requireNonNull(prompt, "prompt is null");
        requireNonNull(chosen, "chosen is null");
        requireNonNull(rejected, "rejected is null");
        turns = List.copyOf(turns);
        templateVariables = Map.copyOf(templateVariables);
    }

    @Override
    public String group() {
        return prompt;
    }

    /** The better completion as a scorer sees it. */
    public ScoreRequest chosenRequest() {
        return new ScoreRequest("chosen", prompt, turns, chosen, Map.of(), templateVariables);
    }

    /** The other completion as a scorer sees it. */
    public ScoreRequest rejectedRequest() {
        return new ScoreRequest("rejected", prompt, turns, rejected, Map.of(), templateVariables);
    }
}
