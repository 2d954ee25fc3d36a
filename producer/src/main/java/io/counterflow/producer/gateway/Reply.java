package io.counterflow.producer.gateway;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a client is answered. The bytes are not copied. */
record Reply(int status, String type, Map<String, String> headers, byte[] body) {

    static final String JSON = "application/json";

    static Reply json(int status, ObjectNode body) {
        return new Reply(status, JSON, Map.of(), (body + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** A refusal, in the form that clients of OpenAI's API read. */
    static Reply error(int status, String message) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", status < 500 ? "invalid_request_error" : "unavailable")
                .put("code", status);
        return json(status, body);
    }
}
