package io.counterflow.producer.source.server;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/** Which server generates; they spell the same things differently. */
public enum ServerKind {
    /** The server is asked what it is. */
    AUTO("auto"),
    VLLM("vllm"),
    SGLANG("sglang"),
    LLAMA_CPP("llama.cpp"),
    /** Any other with OpenAI's completions API. */
    OPENAI("openai");

    private final String configName;

    ServerKind(String configName) {
        this.configName = configName;
    }

    @JsonValue
    public String configName() {
        return configName;
    }

    @JsonCreator
    public static ServerKind fromConfigName(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.configName.equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "producer.openAi.server '" + name + "' is none of auto, vllm, sglang, llama.cpp, openai"));
    }
}
