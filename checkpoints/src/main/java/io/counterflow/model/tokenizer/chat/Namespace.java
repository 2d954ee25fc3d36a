package io.counterflow.model.tokenizer.chat;

import java.util.Map;

/** The value of {@code namespace()}: attributes that may be set from inside a loop. */
record Namespace(Map<String, Object> attributes) {}
