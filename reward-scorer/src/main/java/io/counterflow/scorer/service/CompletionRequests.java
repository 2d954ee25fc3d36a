package io.counterflow.scorer.service;

import io.counterflow.schemas.ChatMessage;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Prompt;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a scorer sees of a completion in the log. */
public final class CompletionRequests {

    private CompletionRequests() {}

    /** The request for a completion. */
    public static ScoreRequest of(Completion completion) {
        Prompt prompt = completion.getPrompt();
        List<ChatMessage> messages = prompt.getMessages() == null ? List.of() : prompt.getMessages();
        String text = prompt.getText() != null
                ? prompt.getText()
                : messages.stream().map(ChatMessage::getContent).collect(Collectors.joining("\n"));
        List<Turn> turns = messages.stream()
                .map(m -> new Turn(m.getRole(), m.getContent(), Optional.ofNullable(m.getJson())))
                .toList();
        return new ScoreRequest(
                completion.getCompletionId(),
                text,
                turns,
                completion.getText(),
                prompt.getMetadata(),
                prompt.getTemplateVariables());
    }
}
