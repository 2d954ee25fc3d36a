package io.counterflow.producer.completions;

import io.counterflow.log.HiddenRecords;
import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;

/**
 * Brings completions of a file into the log, as the groups of a run of their own; {@link GroupPlan} says which. A file is held in memory until its
 * groups are together. Importing a file again adds nothing, also where somebody's open transaction hides what the log has of it. Thread-safe.
 */
public final class CompletionImporter {

    private static final int GROUPS_IN_A_TRANSACTION = 256;
    static final long NO_POLICY = -1;
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
     * @param there groups that the log held already and that have something of the file
     * @param notTaken what was left out
     * @param badLines lines that were skipped
     * @param hidden what the import looked at behind open transactions: taken for there, though it may never be committed
     */
    public record Result(
            int groups,
            int completions,
            int there,
            NotTaken notTaken,
            List<BadLine> badLines,
            List<HiddenRecords> hidden) {}

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

    /** A group to be written. */
    private record Collected(Prompt prompt, long pass, Map<String, Tokenised> members) {

        static Collected of(GroupPlan.Planned planned, Map<String, Tokenised> tokens) {
            Map<String, Tokenised> members = new LinkedHashMap<>();
            // The same text stands in several pairs, with a score of its own in each.
            planned.members()
                    .forEach(m -> members.put(
                            m.text(), new Tokenised(m, tokens.get(m.text()).tokens())));
            return new Collected(planned.prompt(), planned.pass(), members);
        }
    }

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
        Map<String, Map<String, Tokenised>> tokens = new HashMap<>();
        GroupPlan plan = new GroupPlan();
        List<BadLine> bad = new JsonLinesFile(file).readNumbered(request.onBadLine(), (number, line) -> {
            boolean pair = request.kind() == Kind.PREFERENCES;
            ImportedGroup group = pair ? parser.preference(line) : parser.completions(line);
            Map<String, Tokenised> known = tokens.computeIfAbsent(group.prompt().getPromptId(), id -> new HashMap<>());
            for (Member member : group.members()) {
                if (!known.containsKey(member.text())) {
                    known.put(member.text(), tokenise(group.prompt(), member));
                }
            }
            if (pair) {
                plan.pair(number, group);
            } else {
                plan.completions(number, group);
            }
        });
        return write(request.runId(), plan, tokens, bad, now);
    }

    private Result write(
            String runId, GroupPlan plan, Map<String, Map<String, Tokenised>> tokens, List<BadLine> bad, Instant now) {
        Map<String, Object> settings =
                Map.of("transactional.id", log.config().topicPrefix() + "import-" + runId, "linger.ms", 20);
        try (Producer<String, SpecificRecord> producer = log.producer(settings)) {
            // Ends what an import of this run left open, or stops one that is at work; only then it is known what is
            // there.
            producer.initTransactions();
            RunGroups there = RunGroups.read(log, runId);
            GroupPlan.Plan planned = plan.against(there);
            List<Collected> groups = planned.groups().stream()
                    .map(g -> Collected.of(g, tokens.get(g.prompt().getPromptId())))
                    .toList();
            write(producer, runId, groups, now);
            return new Result(
                    groups.size(),
                    groups.stream().mapToInt(c -> c.members().size()).sum(),
                    planned.there(),
                    planned.notTaken(),
                    bad,
                    there.hidden());
        } catch (ProducerFencedException e) {
            throw new LogException(
                    "another import into run " + runId
                            + " began; when it has ended, import the file again to add what is missing",
                    e);
        } catch (KafkaException e) {
            throw new LogException(
                    "cannot write completions to " + log.topicName(Topic.COMPLETIONS) + ": " + e.getMessage()
                            + "; import the file again to add what is missing",
                    e);
        }
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

    private static String groupId(String runId, Collected group) {
        return Identifiers.groupId(runId, group.prompt().getPromptId(), group.pass());
    }

    /** Each group with its scores whole or not at all. */
    private void write(Producer<String, SpecificRecord> producer, String runId, List<Collected> groups, Instant now) {
        for (int from = 0; from < groups.size(); from += GROUPS_IN_A_TRANSACTION) {
            producer.beginTransaction();
            for (int i = from; i < Math.min(groups.size(), from + GROUPS_IN_A_TRANSACTION); i++) {
                for (ProducerRecord<String, SpecificRecord> record : records(runId, groups.get(i), i, now)) {
                    var unused = producer.send(record); // the transaction fails with it
                }
            }
            producer.commitTransaction();
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
                    .setPass(group.pass())
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
