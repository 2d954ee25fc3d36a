package io.counterflow.producer.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a client sent.
 *
 * @param body its JSON, which is the receiver's to change
 * @param header the first value of a header, by name
 */
record Posted(ObjectNode body, Function<String, Optional<String>> header) {}
