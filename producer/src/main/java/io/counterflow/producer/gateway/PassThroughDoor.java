package io.counterflow.producer.gateway;

import static io.counterflow.producer.gateway.RefusedException.BAD_REQUEST;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.imports.completions.PostedCompletions;
import io.counterflow.imports.completions.PostedCompletions.Group;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.producer.source.OpenAiConfig;
import io.counterflow.producer.source.server.Endpoint;
import io.counterflow.schemas.Completion;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Passes requests of OpenAI's API on to a server, and its answers back when the log has them. What the server refuses goes back as it is, and nothing is logged. An answer that
 * the log cannot hold as what happened goes back too, with {@link #NOT_LOGGED} and why.
 */
final class PassThroughDoor implements Door {

    /** The ids of the completions in the log, in the order of the choices, with commas. */
    static final String COMPLETION = "X-Counterflow-Completion";
    /** Why they are not in the log. */
    static final String NOT_LOGGED = "X-Counterflow-Not-Logged";
    /** The place of the completions, where the client names it: a name, the index of the first, the size. */
    static final String GROUP = "X-Counterflow-Group";

    static final String INDEX = "X-Counterflow-Index";
    static final String SIZE = "X-Counterflow-Group-Size";

    private static final int BAD_GATEWAY = 502;
    private static final int GATEWAY_TIMEOUT = 504;
    private static final int MOST_OF_A_GROUP = 1024;

    private final boolean chat;
    private final Upstream upstream;
    private final String runId;
    private final PostedCompletions completions;
    private final CompletionDesk desk;
    private final InstantSource clock;
    private final RandomGenerator random;

    PassThroughDoor(
            boolean chat,
            Upstream upstream,
            String runId,
            PostedCompletions completions,
            CompletionDesk desk,
            InstantSource clock,
            RandomGenerator random) {
        this.chat = chat;
        this.upstream = upstream;
        this.runId = runId;
        this.completions = completions;
        this.desk = desk;
        this.clock = clock;
        this.random = random;
    }

    @Override
    public Reply answer(Posted posted) throws RefusedException, InterruptedException {
        OpenAiConfig config = upstream.config();
        ObjectNode sent = posted.body();
        int choices = new Fields(sent, List.of()).wholeNumber("n", 1, 1, MOST_OF_A_GROUP);
        Group group = group(posted, choices);
        requireOnePrompt(sent);
        String model = sent.path("model").asText(config.model());
        if (!model.equals(config.model())) {
            throw new RefusedException(
                    BAD_REQUEST,
                    "'model' is " + StrictJson.abbreviated(sent.path("model")) + "; what is logged is of "
                            + config.model() + " alone");
        }
        Endpoint.Reply reply;
        ObjectNode request;
        try {
            request = PassedOn.request(sent, chat, upstream.kind(), config.askForTokenIds(), random);
            request.put("model", model);
            reply = upstream.endpoint().post(chat ? "chat/completions" : "completions", request);
        } catch (HttpTimeoutException e) {
            throw new RefusedException(
                    GATEWAY_TIMEOUT, config.url() + " has not answered within " + config.timeLimit());
        } catch (IOException e) {
            throw new RefusedException(BAD_GATEWAY, config.url() + " does not answer (" + e + ")");
        }
        if (!reply.isOk()) {
            return passed(reply, Map.of());
        }
        List<Completion> records;
        try {
            records = completions.served(
                    request, object(reply), group, config.policyVersion(), config.encodeText(), clock.instant());
        } catch (BadLineException e) {
            return passed(reply, Map.of(NOT_LOGGED, header(e.getMessage())));
        }
        boolean unused = desk.write(records);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(
                COMPLETION, records.stream().map(Completion::getCompletionId).collect(Collectors.joining(",")));
        return passed(reply, headers);
    }

    private static ObjectNode object(Endpoint.Reply reply) throws BadLineException {
        if (!(reply.json() instanceof ObjectNode object)
                || !object.path("choices").isArray()) {
            throw new BadLineException("the answer has no choices");
        }
        return object;
    }

    /** A batch of prompts is several groups. */
    private void requireOnePrompt(ObjectNode sent) throws RefusedException {
        String name = chat ? "messages" : "prompt";
        JsonNode prompt = sent.path(name);
        boolean ids = prompt.isArray() && !prompt.isEmpty();
        for (JsonNode id : prompt) {
            ids &= id.isInt();
        }
        boolean one = chat ? prompt.isArray() && !prompt.isEmpty() : prompt.isTextual() || ids;
        if (!one) {
            throw new RefusedException(
                    BAD_REQUEST,
                    chat
                            ? "'messages' is no conversation"
                            : "'prompt' is neither one text nor the token ids of one; ask for several one by one");
        }
        if (chat && prompt.get(prompt.size() - 1).path("role").asText().equals("assistant")) {
            throw new RefusedException(
                    BAD_REQUEST, "'messages' ends with the assistant's words; a completion begins a turn");
        }
    }

    private Group group(Posted posted, int choices) throws RefusedException {
        Optional<String> name = posted.header().apply(GROUP);
        int size = number(posted, SIZE, choices, 1, MOST_OF_A_GROUP);
        int first = number(posted, INDEX, 0, 0, MOST_OF_A_GROUP);
        if (name.isEmpty() && (size != choices || first != 0)) {
            throw new RefusedException(
                    BAD_REQUEST, INDEX + " and " + SIZE + " are of a group that " + GROUP + " names");
        }
        if (first + choices > size) {
            throw new RefusedException(
                    BAD_REQUEST,
                    "a group of " + size + " has no room for " + choices + " choices from index " + first
                            + "; the header " + SIZE + " says how many it is to have");
        }
        return new Group(
                runId, "gateway", name.orElseGet(() -> UUID.randomUUID().toString()), size, first);
    }

    private static int number(Posted posted, String header, int otherwise, int least, int most)
            throws RefusedException {
        Optional<String> value = posted.header().apply(header);
        if (value.isEmpty()) {
            return otherwise;
        }
        int number = value.get().matches("\\d{1,6}") ? Integer.parseInt(value.get()) : -1;
        if (number < least || number > most) {
            throw new RefusedException(
                    BAD_REQUEST, header + " is " + value.get() + ", must be from " + least + " to " + most);
        }
        return number;
    }

    /** A header has visible ASCII alone. */
    private static String header(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private static Reply passed(Endpoint.Reply reply, Map<String, String> headers) {
        return new Reply(reply.status(), Reply.JSON, headers, reply.text().getBytes(StandardCharsets.UTF_8));
    }
}
