package io.counterflow.producer.completions;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.TokenizerException;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.completions.ImportedGroup.Member;
import io.counterflow.producer.prompts.BadLine;
import io.counterflow.producer.prompts.BadLineException;
import io.counterflow.producer.prompts.JsonLinesFile;
import io.counterflow.producer.prompts.OnBadLine;
import io.counterflow.producer.prompts.PromptConversation;
import io.counterflow.producer.prompts.PromptLineParser;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import io.counterflow.schemas.Score;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Brings completions of a file into the log, as the groups of a run of their own. All completions of one prompt make one group, and a file is held in
 * memory until they are together. Groups have deterministic ids, so importing a file again adds nothing. Thread-safe.
 */
public final class CompletionImporter {

    private static final int GROUPS_IN_A_TRANSACTION = 256;
    private static final long NO_POLICY = -1;
    private static final String VERSION = "1";

    private final Log log;
    private final PromptEncoder encoder;
    private final int contextLength;
    private final InstantSource clock;

    /** What a file holds. */
    public enum Kind {
        /** Prompts with completions. */
        COMPLETIONS,
        /** Pairs, of which one was preferred; that is written as the scores 1 and -1 of scorer {@code preference}. */
        PREFERENCES
    }

    /**
     * What to import.
     *
     * @param runId the run that the groups will be found under
     * @param task name of the collection of prompts
     */
    public record Request(Kind kind, String runId, String task, CompletionColumns columns, OnBadLine onBadLine) {}

    /**
     * What came of it.
     *
     * @param groups that were written
     * @param completions in them
     * @param there groups that the log held already
     * @param alone prompts left out because they have one completion, and a loss compares two
     * @param badLines lines that were skipped
     */
    public record Result(int groups, int completions, int there, int alone, List<BadLine> badLines) {}

    /**
     * @param encoder of the model that will learn from them
     * @param contextLength tokens that prompt and completion may have together
     */
    public CompletionImporter(Log log, PromptEncoder encoder, int contextLength, InstantSource clock) {
        this.log = Objects.requireNonNull(log, "log");
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.contextLength = contextLength;
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    private record Tokenised(Member member, TokenSplit tokens) {}

    private record Collected(Prompt prompt, Map<String, Tokenised> members) {}

    /**
     * Imports a file.
     *
     * @throws io.counterflow.producer.prompts.BadLinesException when lines are broken and they are not to be skipped; nothing is imported then
     * @throws LogException when the file cannot be read or the log cannot be written
     */
    public Result importFile(java.nio.file.Path file, Request request) {
        Instant now = clock.instant();
        CompletionLineParser parser = new CompletionLineParser(
                new PromptLineParser(
                        request.task(), Optional.of("train"), request.columns().prompt(), now),
                request.columns());
        Map<String, Collected> byPrompt = new LinkedHashMap<>();
        List<BadLine> bad = new JsonLinesFile(file).read(request.onBadLine(), line -> {
            ImportedGroup group =
                    request.kind() == Kind.PREFERENCES ? parser.preference(line) : parser.completions(line);
            Collected collected = byPrompt.computeIfAbsent(
                    group.prompt().getPromptId(), id -> new Collected(group.prompt(), new LinkedHashMap<>()));
            for (Member member : group.members()) {
                collected.members().putIfAbsent(member.text(), tokenise(group.prompt(), member));
            }
        });
        Set<String> there = groupsOf(request.runId());
        List<Collected> complete =
                byPrompt.values().stream().filter(c -> c.members().size() > 1).toList();
        List<Collected> missing = complete.stream()
                .filter(c -> !there.contains(groupId(request.runId(), c)))
                .toList();
        write(request.runId(), missing, now);
        return new Result(
                missing.size(),
                missing.stream().mapToInt(c -> c.members().size()).sum(),
                complete.size() - missing.size(),
                byPrompt.size() - complete.size(),
                bad);
    }

    private Tokenised tokenise(Prompt prompt, Member member) throws BadLineException {
        TokenSplit tokens;
        try {
            if (prompt.getMessages() == null) {
                tokens = encoder.completion(prompt.getText(), member.text());
            } else {
                tokens = encoder.reply(
                        PromptConversation.of(prompt),
                        new ChatMessage("assistant", member.text()),
                        prompt.getCreatedAt());
            }
        } catch (TokenizerException | ChatTemplateException e) {
            throw new BadLineException(e.getMessage());
        }
        int length = tokens.length();
        if (length > contextLength) {
            throw new BadLineException(
                    "prompt and completion have " + length + " tokens; the model's context is " + contextLength);
        }
        return new Tokenised(member, tokens);
    }

    private Set<String> groupsOf(String runId) {
        Set<String> groups = new HashSet<>();
        try (LogReader<Completion> reader = new LogReader<>(log, Topic.COMPLETIONS, Completion.class)) {
            reader.read(reader.everything(), r -> {
                if (r.value().getRunId().equals(runId)) {
                    groups.add(r.value().getGroupId());
                }
            });
        }
        return groups;
    }

    private static String groupId(String runId, Collected group) {
        return Identifiers.groupId(runId, group.prompt().getPromptId(), 0);
    }

    /** Each group with its scores whole or not at all. */
    private void write(String runId, List<Collected> groups, Instant now) {
        if (groups.isEmpty()) {
            return;
        }
        Map<String, Object> settings =
                Map.of("transactional.id", log.config().topicPrefix() + "import-" + runId, "linger.ms", 20);
        try (Producer<String, SpecificRecord> producer = log.producer(settings)) {
            producer.initTransactions();
            for (int from = 0; from < groups.size(); from += GROUPS_IN_A_TRANSACTION) {
                producer.beginTransaction();
                for (int i = from; i < Math.min(groups.size(), from + GROUPS_IN_A_TRANSACTION); i++) {
                    records(runId, groups.get(i), i, now).forEach(producer::send);
                }
                producer.commitTransaction();
            }
        } catch (KafkaException e) {
            throw new LogException(
                    "cannot write completions to " + log.topicName(Topic.COMPLETIONS) + ": " + e.getMessage()
                            + "; import the file again to add what is missing",
                    e);
        }
    }

    private List<ProducerRecord<String, SpecificRecord>> records(
            String runId, Collected group, int position, Instant now) {
        String groupId = groupId(runId, group);
        String promptId = group.prompt().getPromptId();
        List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>();
        int index = 0;
        // All completions of a group are compared behind the same prompt.
        List<TokenSplit> tokens = TokenSplit.withOneFirst(
                group.members().values().stream().map(Tokenised::tokens).toList());
        for (Tokenised one : group.members().values()) {
            String completionId = Identifiers.completionId(groupId, index);
            int[] ids = tokens.get(index).second();
            Completion completion = Completion.newBuilder()
                    .setCompletionId(completionId)
                    .setGroupId(groupId)
                    .setPromptId(promptId)
                    .setRunId(runId)
                    .setPurpose(Purpose.TRAINING)
                    .setPass(0)
                    .setPosition(position)
                    .setIndexInGroup(index)
                    .setGroupSize(group.members().size())
                    .setPrompt(group.prompt())
                    .setPromptTokenIds(list(tokens.get(index).first()))
                    .setText(one.member().text())
                    .setTokenIds(list(ids))
                    .setLogProbability(Double.NaN)
                    .setTokenLogProbabilities(List.of())
                    .setPolicyVersion(NO_POLICY)
                    .setPolicySha256("")
                    .setSampling(new Sampling(1.0, 0, 1.0, 1.0, ids.length, 0L))
                    .setFinishReason(FinishReason.STOP)
                    .setStartedAt(now)
                    .setFinishedAt(now)
                    .build();
            records.add(new ProducerRecord<>(log.topicName(Topic.COMPLETIONS), promptId, completion));
            one.member()
                    .scores()
                    .forEach((scorer, value) -> records.add(new ProducerRecord<>(
                            log.topicName(Topic.SCORES),
                            promptId,
                            Score.newBuilder()
                                    .setCompletionId(completionId)
                                    .setGroupId(groupId)
                                    .setPromptId(promptId)
                                    .setRunId(runId)
                                    .setScorer(scorer)
                                    .setScorerVersion(VERSION)
                                    .setOutcome(Outcome.SCORED)
                                    .setValue(value)
                                    .setDurationMicros(0)
                                    .setScoredAt(now)
                                    .build())));
            index++;
        }
        return records;
    }

    private static List<Integer> list(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}
