package io.counterflow.producer.gateway;

import static io.counterflow.producer.gateway.RefusedException.BAD_REQUEST;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.imports.completions.PostedCompletions;
import io.counterflow.imports.completions.SampleField;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Origin;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code POST /completions}: a completion that was sampled elsewhere, into a place of a group. The place gives it its id, so the same one again changes nothing, and
 * another one at the same place is refused.
 */
final class CompletionDoor implements Door {

    private static final int MOST_OF_A_GROUP = 1024;

    private static final List<String> PROMPT =
            List.of("prompt", "tools", "documents", "chat_template_kwargs", "metadata", "completion");
    private static final Map<String, SampleField> SAMPLE = Map.of(
            "prompt_token_ids", SampleField.PROMPT_TOKEN_IDS,
            "token_ids", SampleField.TOKEN_IDS,
            "logprobs", SampleField.LOG_PROBABILITIES,
            "mask", SampleField.MASK,
            "policy_version", SampleField.POLICY_VERSION,
            "policy_sha256", SampleField.POLICY_SHA256,
            "finish_reason", SampleField.FINISH_REASON,
            "sampling", SampleField.SAMPLING);
    private static final List<String> FIELDS = List.of(
            "run",
            "task",
            "group",
            "index",
            "group_size",
            "prompt",
            "completion",
            "prompt_token_ids",
            "token_ids",
            "logprobs",
            "mask",
            "policy_version",
            "policy_sha256",
            "finish_reason",
            "sampling",
            "tools",
            "documents",
            "chat_template_kwargs",
            "metadata");
    private static final List<String> SAMPLING =
            List.of("temperature", "top_k", "top_p", "repetition_penalty", "max_tokens", "seed");

    private final GatewayModel model;
    private final PostedCompletions completions;
    private final CompletionDesk desk;
    private final InstantSource clock;

    CompletionDoor(GatewayModel model, PostedCompletions completions, CompletionDesk desk, InstantSource clock) {
        this.model = model;
        this.completions = completions;
        this.desk = desk;
        this.clock = clock;
    }

    @Override
    public Reply answer(Posted posted) throws RefusedException, InterruptedException {
        Completion completion = read(posted.body());
        boolean written = desk.write(List.of(completion));
        return Reply.json(
                written ? 201 : 200,
                JsonNodeFactory.instance
                        .objectNode()
                        .put("completion", completion.getCompletionId())
                        .put("group", completion.getGroupId())
                        .put("index", completion.getIndexInGroup())
                        .put("group_size", completion.getGroupSize())
                        .put("prompt", completion.getPromptId())
                        .put("run", completion.getRunId())
                        .put("tokens", completion.getTokenIds().size())
                        .put("token_ids_exact", completion.getTokenIdsExact())
                        .put("written", written));
    }

    private Completion read(ObjectNode body) throws RefusedException {
        Fields fields = new Fields(body, FIELDS);
        fields.requireNoMore();
        Map<String, String> metadata = fields.texts("metadata");
        if (fields.value("sampling").isPresent()) {
            if (!body.get("sampling").isObject()) {
                throw new RefusedException(BAD_REQUEST, "'sampling' is no object");
            }
            new Fields((ObjectNode) body.get("sampling"), SAMPLING).requireNoMore();
        }
        boolean exact = fields.value("token_ids").isPresent();
        if (!exact && fields.value("prompt_token_ids").isPresent()) {
            throw new RefusedException(
                    BAD_REQUEST, "'prompt_token_ids' without 'token_ids': give those of the completion as well");
        }
        requireOpenPrompt(fields.value("prompt"));
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        Map<SampleField, String> samples = new EnumMap<>(SampleField.class);
        for (String name : PROMPT) {
            fields.value(name).ifPresent(value -> line.set(name, value));
        }
        SAMPLE.forEach((name, field) -> fields.value(name).ifPresent(value -> {
            line.set(name, value);
            samples.put(field, name);
        }));
        line.remove("metadata");
        line.put("completion", exact ? fields.text("completion").orElse("") : fields.requiredText("completion"));
        if (!metadata.isEmpty()) {
            ObjectNode entries = line.putObject("metadata");
            metadata.forEach(entries::put);
        }
        try {
            return completions
                    .of(line, samples, group(fields), Origin.IMPORTED, clock.instant())
                    .get(0);
        } catch (BadLineException | ChatTemplateException e) {
            throw new RefusedException(BAD_REQUEST, e.getMessage());
        }
    }

    private static void requireOpenPrompt(Optional<JsonNode> prompt) throws RefusedException {
        boolean ends = prompt.isPresent()
                && prompt.get().isArray()
                && !prompt.get().isEmpty()
                && prompt.get()
                        .get(prompt.get().size() - 1)
                        .path("role")
                        .asText()
                        .equals("assistant");
        if (ends) {
            throw new RefusedException(
                    BAD_REQUEST, "'prompt' ends with the assistant's words; they are the 'completion'");
        }
    }

    private PostedCompletions.Group group(Fields fields) throws RefusedException {
        Optional<String> run = fields.text("run").or(model::runId);
        if (run.isEmpty()) {
            throw new RefusedException(BAD_REQUEST, "'run' is missing, and the gateway was started without --run");
        }
        try {
            GatewayModel.requireRun(run.get());
        } catch (IllegalArgumentException e) {
            throw new RefusedException(BAD_REQUEST, e.getMessage());
        }
        int size = fields.wholeNumber("group_size", 2, 1, MOST_OF_A_GROUP);
        return new PostedCompletions.Group(
                run.get(),
                fields.text("task").orElse("gateway"),
                fields.text("group").orElse(""),
                size,
                fields.wholeNumber("index", 0, 0, size - 1));
    }
}
