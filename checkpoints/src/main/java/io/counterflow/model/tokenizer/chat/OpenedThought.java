package io.counterflow.model.tokenizer.chat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Thoughts that a chat template opens where it begins the assistant's turn, as that of DeepSeek-R1 does with {@code <think>}, which data sets open in the
 * reply.
 */
final class OpenedThought {
    private static final Pattern OPENED = Pattern.compile(
            "([<\\[])(think|thinking|thought|thoughts|reason|reasoning)([>\\]])(\\s*)$", Pattern.CASE_INSENSITIVE);

    private OpenedThought() {}

    /**
     * What of a reply stands behind the beginning of its turn.
     *
     * @param before ends where the turn has begun
     * @throws ChatTemplateException if thoughts are open there and the reply never closes them: all of it would be thoughts
     */
    static String rest(String before, String reply) {
        Matcher opened = OPENED.matcher(before);
        if (!opened.find()) {
            return reply;
        }
        String opening = opened.group(1) + opened.group(2) + opened.group(3);
        String closing = opened.group(1) + "/" + opened.group(2) + opened.group(3);
        if (!reply.contains(closing)) {
            throw new ChatTemplateException(
                    "the chat template begins the assistant's turn with %s, and the reply has no %s: all of it would be thoughts"
                            .formatted(opening, closing));
        }
        String begun = reply.stripLeading();
        if (!begun.startsWith(opening)) {
            return reply;
        }
        String rest = begun.substring(opening.length());
        String space = opened.group(4);
        return rest.startsWith(space) ? rest.substring(space.length()) : rest.stripLeading();
    }
}
