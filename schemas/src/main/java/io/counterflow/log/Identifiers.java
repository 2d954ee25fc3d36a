package io.counterflow.log;

import io.counterflow.files.Sha256;
import io.counterflow.schemas.ChatMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Identifiers that depend on what they name and on nothing else, so that a record that is made twice is recognised.
 *
 * <p>Each is the first 16 bytes, in lower-case hexadecimal, of SHA-256 over a sequence of strings. Every string enters
 * the hash as its length in UTF-8 bytes (four bytes, big-endian) followed by these bytes; numbers are written in
 * decimal. The first string says what is named:
 *
 * <ul>
 *   <li>prompt with a text: {@code "prompt", task, split, "text", text}
 *   <li>prompt with messages: {@code "prompt", task, split, "messages", role, content, role, content, …}
 *   <li>prompt with messages of which one has its JSON, or with variables for the template: {@code "prompt", task, split, "conversation", number of messages,
 *       role, content, JSON or nothing, …, name, value, …}, the names in ascending order
 *   <li>group for training: {@code "group", runId, promptId, pass}
 *   <li>group for evaluation: {@code "evaluation-group", runId, promptId, policyVersion}
 *   <li>completion: {@code "completion", groupId, indexInGroup}
 * </ul>
 *
 * <p>Seeds are the first eight bytes, big-endian, of the same hash over {@code "sample-seed", runSeed, completionId},
 * and places in a seeded order the whole hash over {@code "order", runSeed, pass, promptId}.
 */
public final class Identifiers {

    private static final int BYTES = 16;

    private Identifiers() {}

    public static String promptId(String task, String split, String text) {
        return hex("prompt", task, split, "text", text);
    }

    public static String promptId(String task, String split, List<ChatMessage> messages) {
        return promptId(task, split, messages, Map.of());
    }

    /** @param variables of the chat template, by name */
    public static String promptId(
            String task, String split, List<ChatMessage> messages, Map<String, String> variables) {
        if (!variables.isEmpty() || messages.stream().anyMatch(message -> message.getJson() != null)) {
            return conversationId(task, split, messages, variables);
        }
        List<String> fields = new ArrayList<>(List.of("prompt", task, split, "messages"));
        for (ChatMessage message : messages) {
            fields.add(message.getRole());
            fields.add(message.getContent());
        }
        return hex(fields.toArray(String[]::new));
    }

    private static String conversationId(
            String task, String split, List<ChatMessage> messages, Map<String, String> variables) {
        List<String> fields =
                new ArrayList<>(List.of("prompt", task, split, "conversation", String.valueOf(messages.size())));
        for (ChatMessage message : messages) {
            fields.add(message.getRole());
            fields.add(message.getContent());
            fields.add(Objects.requireNonNullElse(message.getJson(), ""));
        }
        new TreeMap<>(variables).forEach((name, value) -> {
            fields.add(name);
            fields.add(value);
        });
        return hex(fields.toArray(String[]::new));
    }

    /** @param pass how many times the producer had gone through its prompts */
    public static String groupId(String runId, String promptId, long pass) {
        return hex("group", runId, promptId, String.valueOf(pass));
    }

    public static String evaluationGroupId(String runId, String promptId, long policyVersion) {
        return hex("evaluation-group", runId, promptId, String.valueOf(policyVersion));
    }

    public static String completionId(String groupId, int indexInGroup) {
        return hex("completion", groupId, String.valueOf(indexInGroup));
    }

    /** The seed that a completion is sampled with; any long. */
    public static long sampleSeed(long runSeed, String completionId) {
        return ByteBuffer.wrap(sha256("sample-seed", String.valueOf(runSeed), completionId))
                .getLong();
    }

    /** Where a prompt comes in a pass: prompts are taken in ascending order of this string of 64 characters. */
    public static String orderKey(long runSeed, long pass, String promptId) {
        return HexFormat.of().formatHex(sha256("order", String.valueOf(runSeed), String.valueOf(pass), promptId));
    }

    private static String hex(String... fields) {
        return HexFormat.of().formatHex(sha256(fields), 0, BYTES);
    }

    private static byte[] sha256(String... fields) {
        MessageDigest digest = Sha256.digest();
        for (String field : fields) {
            byte[] bytes = Objects.requireNonNull(field, "field").getBytes(StandardCharsets.UTF_8);
            digest.update(
                    ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
            digest.update(bytes);
        }
        return digest.digest();
    }
}
