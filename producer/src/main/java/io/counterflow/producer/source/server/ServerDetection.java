package io.counterflow.producer.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** Finds out which kind a server is, by what only that kind answers. */
public final class ServerDetection {

    private ServerDetection() {}

    /**
     * Which kind answers there; {@link ServerKind#OPENAI} where it is none of the others.
     *
     * @throws IOException when nobody answers, or only that it is not ready yet
     */
    public static ServerKind of(Endpoint endpoint) throws IOException, InterruptedException {
        // llama.cpp: tools/server/README.md, GET /props.
        JsonNode props = ask(endpoint, "/props");
        if (props.has("default_generation_settings") || props.has("build_info")) {
            return ServerKind.LLAMA_CPP;
        }
        // SGLang: python/sglang/srt/entrypoints/http_server.py; /get_server_info and /get_model_info are the older
        // names.
        for (String path : new String[] {"/model_info", "/get_model_info"}) {
            JsonNode model = ask(endpoint, path);
            if (model.has("is_generation") || model.has("weight_version") && model.has("tokenizer_path")) {
                return ServerKind.SGLANG;
            }
        }
        for (String path : new String[] {"/server_info", "/get_server_info"}) {
            JsonNode server = ask(endpoint, path);
            if (server.has("internal_states") || server.has("tokenizer_path") || server.has("tp_size")) {
                return ServerKind.SGLANG;
            }
        }
        // vLLM: GET /version, which others have no need of; its models are owned by "vllm".
        if (ask(endpoint, "/version").path("version").isTextual()) {
            return ServerKind.VLLM;
        }
        for (JsonNode model : ask(endpoint, "models").path("data")) {
            String owner = model.path("owned_by").asText();
            for (ServerKind kind : new ServerKind[] {ServerKind.VLLM, ServerKind.SGLANG}) {
                if (owner.equals(kind.configName())) {
                    return kind;
                }
            }
            if (owner.equals("llamacpp")) {
                return ServerKind.LLAMA_CPP;
            }
        }
        return ServerKind.OPENAI;
    }

    private static JsonNode ask(Endpoint endpoint, String path) throws IOException, InterruptedException {
        Endpoint.Reply reply = endpoint.get(path);
        if (reply.status() == 503) {
            throw new IOException("GET " + endpoint.uri(path) + " " + reply.shown());
        }
        return reply.isOk() ? reply.json() : com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    }
}
