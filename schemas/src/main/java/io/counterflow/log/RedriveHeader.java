package io.counterflow.log;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Marks a record that was sent round again for one component that could not process it. Every other component, and whoever reads
 * where a writer had come to, passes over it: they have had it before.
 */
public final class RedriveHeader {

    private static final String NAME = "redrive-for";

    private RedriveHeader() {}

    /** Marks a record for a component, e.g. {@code unit-tests@1}. */
    public static void add(Headers headers, String component) {
        headers.add(NAME, component.getBytes(StandardCharsets.UTF_8));
    }

    /** The component that a record was sent again for; empty for a record that was sent for everyone. */
    public static Optional<String> component(Headers headers) {
        Header header = headers.lastHeader(NAME);
        return header == null ? Optional.empty() : Optional.of(new String(header.value(), StandardCharsets.UTF_8));
    }
}
