package io.counterflow.model.tokenizer.chat;

import java.util.List;
import java.util.Map;

/**
 * What a template knows as {@code loop}.
 *
 * @param attributes such as {@code index} and {@code last}
 * @param again goes over other elements with the same body, where the loop is recursive
 */
record Loop(Map<String, Object> attributes, Callable again) implements Callable {
    @Override
    public Object call(List<Object> arguments, Map<String, Object> named) {
        return again.call(arguments, named);
    }
}
