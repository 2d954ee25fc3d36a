package io.counterflow.cli.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.model.tokenizer.chat.TemplateVariables;
import java.util.Map;
import picocli.CommandLine.Option;

/** The option that tells a chat template what it is told beside a conversation. */
public final class TemplateVariableOption {

    @Option(
            names = "--template-variable",
            paramLabel = "NAME=VALUE",
            description = "A variable of the chat template, e.g. enable_thinking=false. May be repeated.")
    private Map<String, String> variables = Map.of();

    /**
     * The variables by name.
     *
     * @throws IllegalArgumentException where a name cannot be one of a variable
     */
    public Map<String, JsonNode> variables() {
        return TemplateVariables.parsed(variables);
    }
}
