package io.counterflow.producer.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** One kind of server: what it is asked, in its own spelling, and how its answers read. Thread-safe. */
public sealed interface GenerationServer permits VllmServer, SglangServer, LlamaCppServer, OpenAiServer {

    /** Which of the kinds it is. */
    ServerKind kind();

    /** Where completions are asked for: behind the API's URL, or, with a slash before it, behind the server's. */
    String path();

    /** The body of a request; every setting is in it, neutral ones too, for servers fill what is left out. */
    ObjectNode body(Asked asked);

    /**
     * Reads the body of an answer of status 200.
     *
     * @throws UnreadableAnswerException when it is no answer to such a request
     */
    Answer read(JsonNode body);

    /** @param asksForTokenIds of servers of no known kind only: whether to send what is not in OpenAI's own API */
    static GenerationServer of(ServerKind kind, boolean asksForTokenIds) {
        return switch (kind) {
            case VLLM -> new VllmServer();
            case SGLANG -> new SglangServer();
            case LLAMA_CPP -> new LlamaCppServer();
            case OPENAI -> new OpenAiServer(asksForTokenIds);
            case AUTO -> throw new IllegalArgumentException("which kind it is must be found out first");
        };
    }
}
