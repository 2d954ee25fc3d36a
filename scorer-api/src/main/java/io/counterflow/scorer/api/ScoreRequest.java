package io.counterflow.scorer.api;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One completion to be scored.
 *
 * @param id the completion's identifier; only for messages, a score never depends on it
 * @param prompt the prompt as text; of a conversation, the contents of its messages, one after the other
 * @param turns the conversation, empty where the prompt is plain text
 * @param completion the completion's text
 * @param metadata what the prompt's author says scorers need: unit tests, a source document, a reference answer
 * @param templateVariables what a chat template is told of the conversation beside its turns, by name, as JSON: tools, documents
 */
public record ScoreRequest(
        String id,
        String prompt,
        List<Turn> turns,
        String completion,
        Map<String, String> metadata,
        Map<String, String> templateVariables) {

    /**
     * One message of a conversation.
     *
     * @param role who speaks: system, user, assistant or tool
     * @param content what is said; of several parts of text, line by line
     * @param json the whole message as JSON where it has more than a role and a text: parts, tool calls, thoughts
     */
    public record Turn(String role, String content, Optional<String> json) {

        /** One that is a text and nothing else. */
        public Turn(String role, String content) {
            this(role, content, Optional.empty());
        }
    }

    /** Copies the collections. */
    public ScoreRequest {
        requireNonNull(id, "id is null");
        requireNonNull(prompt, "prompt is null");
        requireNonNull(completion, "completion is null");
        turns = List.copyOf(turns);
        metadata = Map.copyOf(metadata);
        templateVariables = Map.copyOf(templateVariables);
    }

    /** Without variables for a chat template. */
    public ScoreRequest(String id, String prompt, List<Turn> turns, String completion, Map<String, String> metadata) {
        this(id, prompt, turns, completion, metadata, Map.of());
    }

    /** A completion of a plain-text prompt. */
    public ScoreRequest(String id, String prompt, String completion, Map<String, String> metadata) {
        this(id, prompt, List.of(), completion, metadata);
    }
}
