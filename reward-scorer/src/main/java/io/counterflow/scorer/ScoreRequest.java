package io.counterflow.scorer;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;

/**
 * One completion to be scored.
 *
 * @param id the completion's identifier; only for messages, a score never depends on it
 * @param prompt the prompt as text; of a conversation, the contents of its messages, one after the other
 * @param turns the conversation, empty where the prompt is plain text
 * @param completion the completion's text
 * @param metadata what the prompt's author says scorers need: unit tests, a source document, a reference answer
 */
public record ScoreRequest(
        String id, String prompt, List<Turn> turns, String completion, Map<String, String> metadata) {

    /**
     * One message of a conversation.
     *
     * @param role who speaks: system, user, assistant or tool
     * @param content what is said
     */
    public record Turn(String role, String content) {}

    /** Copies the collections. */
    public ScoreRequest {
        requireNonNull(id, "id is null");
        requireNonNull(prompt, "prompt is null");
        requireNonNull(completion, "completion is null");
        turns = List.copyOf(turns);
        metadata = Map.copyOf(metadata);
    }

    /** A completion of a plain-text prompt. */
    public ScoreRequest(String id, String prompt, String completion, Map<String, String> metadata) {
        this(id, prompt, List.of(), completion, metadata);
    }
}
