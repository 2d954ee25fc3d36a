package io.counterflow.producer.completions;

import io.counterflow.schemas.Prompt;
import java.util.List;
import java.util.Map;

/** One line, or several lines with the same prompt: completions to compare. */
record ImportedGroup(Prompt prompt, List<Member> members) {

    /**
     * A completion.
     *
     * @param scores what the file says of it, by scorer
     */
    record Member(String text, Map<String, Double> scores) {}
}
