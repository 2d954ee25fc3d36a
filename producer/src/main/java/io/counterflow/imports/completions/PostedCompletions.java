package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.files.Sha256;
import io.counterflow.imports.completions.MemberTokens.Tokenised;
import io.counterflow.imports.prompts.PromptColumns;
import io.counterflow.imports.prompts.PromptLineParser;
import io.counterflow.log.Identifiers;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Origin;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Makes records of completions that programs hand over, a few at a time, in groups that they name. What a line of an import may say of them is checked as there, but
 * under one name a field. Thread-safe.
 */
public final class PostedCompletions {

    /** Passes of named groups; no producer comes so far, so no name is one of its groups. */
    private static final long FIRST_PASS = 1L << 52;

    private static final int DIGITS = 12;
    private static final int HEXADECIMAL = 16;

    /** What an answer's line says of its sampling. */
    private static final Map<String, SampleField> SERVED = Map.of(
            "prompt_token_ids", SampleField.PROMPT_TOKEN_IDS,
            "completion_token_ids", SampleField.TOKEN_IDS,
            "completion_logprobs", SampleField.LOG_PROBABILITIES,
            "finish_reasons", SampleField.FINISH_REASON,
            "sampling_params", SampleField.SAMPLING,
            "policy_version", SampleField.POLICY_VERSION);

    private final PromptEncoder encoder;
    private final MemberTokens tokens;
    private final CompletionMaking made;

    /**
     * Where completions belong.
     *
     * @param task name of the collection of prompts
     * @param name of the group among those of its run and prompt
     * @param size completions that the group is to have
     * @param first index of the first of those that are handed over
     */
    public record Group(String runId, String task, String name, int size, int first) {

        /** How many times a producer would have gone through its prompts. */
        long pass() {
            return FIRST_PASS + Long.parseLong(Sha256.of(name).substring(0, DIGITS), HEXADECIMAL);
        }
    }

    /**
     * @param encoder of the model that will learn from them
     * @param contextLength tokens that prompt and completion may have together
     */
    public PostedCompletions(PromptEncoder encoder, int contextLength) {
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.tokens = new MemberTokens(encoder, contextLength);
        this.made = new CompletionMaking(encoder);
    }

    /**
     * Their records. Where token ids are not known they are those of the text, and the record says that they may not be the sampled ones.
     *
     * @param line {@code prompt}, {@code completion} and metadata; is changed
     * @param samples the keys of the line that say how they were sampled, by field; no other key is taken for one
     * @throws BadLineException where they do not fit the model, or do not say the same
     */
    public List<Completion> of(
            ObjectNode line, Map<SampleField, String> samples, Group group, Origin origin, Instant now)
            throws BadLineException {
        return of(line, "completion", samples, group, origin, now);
    }

    /**
     * The records of a server's answer: a completion for each choice.
     *
     * @param request the body of the request, as the server got it; stays as it is
     * @param answer the body of the answer
     * @param policyVersion of the policy that the server samples from
     * @param encodesText whether tokens that the answer does not name are made of its text
     * @throws BadLineException where the log cannot hold them as what happened
     */
    public List<Completion> served(
            ObjectNode request, ObjectNode answer, Group group, long policyVersion, boolean encodesText, Instant now)
            throws BadLineException {
        ObjectNode asked = request.deepCopy();
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        JsonNode prompt = asked.path("prompt");
        if (prompt.isArray()) {
            line.set("prompt_token_ids", asked.remove("prompt"));
        }
        line = ServedLine.of(line, asked, answer);
        if (prompt.isArray() && !prompt.equals(line.get("prompt_token_ids"))) {
            throw new BadLineException("the server sampled from another prompt than the one that it was sent");
        }
        if (!line.has("completion_token_ids") && !encodesText) {
            throw new BadLineException(
                    "the answer names no token ids, and those of its text may not be the sampled ones");
        }
        line.put("policy_version", policyVersion);
        Map<SampleField, String> samples = new EnumMap<>(SampleField.class);
        SERVED.forEach((name, field) -> samples.put(field, name));
        samples.values().removeIf(Predicate.not(line::has));
        return of(line, "completions", samples, group, Origin.SERVED, now);
    }

    private List<Completion> of(
            ObjectNode line, String column, Map<SampleField, String> samples, Group group, Origin origin, Instant now)
            throws BadLineException {
        Map<SampleField, String> named = new EnumMap<>(SampleField.class);
        for (SampleField field : SampleField.values()) {
            named.put(field, samples.getOrDefault(field, ""));
        }
        CompletionLineParser parser = new CompletionLineParser(
                new PromptLineParser(
                        group.task(), Optional.of("train"), new PromptColumns("prompt", null, Map.of()), now),
                new CompletionColumns(new PromptColumns("prompt", null, Map.of()), column, Map.of(), named),
                ids -> encoder.tokenizer().decode(ids, false));
        ImportedGroup parsed = parser.completions(line);
        List<Completion> records = new ArrayList<>();
        Optional<Tokenised> first = Optional.empty();
        String promptId = parsed.prompt().getPromptId();
        String groupId = Identifiers.groupId(group.runId(), promptId, group.pass());
        for (ImportedGroup.Member member : parsed.members()) {
            Tokenised one = tokens.of(parsed.prompt(), member);
            if (first.isPresent()) {
                tokens.requireSamePrompt(one, List.of(first.get()));
            } else {
                first = Optional.of(one);
            }
            int index = group.first() + records.size();
            TokenSplit split = one.tokens();
            Completion record = made.of(
                    new CompletionMaking.Place(group.runId(), groupId, group.pass(), 0, index, group.size(), origin),
                    parsed.prompt(),
                    one.member(),
                    split,
                    now);
            records.add(Completion.newBuilder(record)
                    .setTokenIdsExact(member.sample().isExact())
                    .build());
        }
        return records;
    }
}
