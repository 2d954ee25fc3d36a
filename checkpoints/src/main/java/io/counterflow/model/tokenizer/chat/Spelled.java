package io.counterflow.model.tokenizer.chat;

import io.counterflow.model.tokenizer.MarkedTokens;
import java.util.List;

/**
 * A conversation as a template spells it.
 *
 * @param said the parts that the template marks as the assistant's ({@code {% generation %}}), in order; none where it marks nothing
 */
record Spelled(String text, List<MarkedTokens.Part> said) {

    Spelled {
        said = List.copyOf(said);
    }
}
