package io.counterflow.imports.completions;

import io.counterflow.imports.completions.ImportedGroup.Member;
import io.counterflow.imports.completions.MemberTokens.Tokenised;
import io.counterflow.imports.prompts.PromptLineParser;
import io.counterflow.log.HiddenRecords;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.Topic;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
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

    private final Log log;
    private final PromptEncoder encoder;
    private final MemberTokens memberTokens;
    private final CompletionRecords records;
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
        this.memberTokens = new MemberTokens(encoder, contextLength);
        this.records = new CompletionRecords(log, encoder);
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /**
     * Imports a file.
     *
     * @throws io.counterflow.log.lines.BadLinesException when lines are broken and they are not to be skipped; nothing is imported then
     * @throws LogException when the file cannot be read or the log cannot be written
     */
    public Result importFile(java.nio.file.Path file, Request request) {
        Instant now = clock.instant();
        CompletionLineParser parser = new CompletionLineParser(
                new PromptLineParser(
                        request.task(), Optional.of("train"), request.columns().prompt(), now),
                request.columns(),
                ids -> encoder.tokenizer().decode(ids, false));
        Map<String, Map<String, Tokenised>> tokens = new HashMap<>();
        GroupPlan plan = new GroupPlan();
        List<BadLine> bad = new JsonLinesFile(file).readNumbered(request.onBadLine(), (number, line) -> {
            boolean pair = request.kind() == Kind.PREFERENCES;
            ImportedGroup group = pair ? parser.preference(line) : parser.completions(line);
            List<Member> members = new ArrayList<>();
            Map<String, Tokenised> known = tokens.computeIfAbsent(group.prompt().getPromptId(), id -> new HashMap<>());
            Map<String, Tokenised> fresh = new LinkedHashMap<>();
            for (Member member : group.members()) {
                Tokenised one = known.get(member.text());
                if (one == null || member.sample().isExact() || !member.turns().isEmpty()) {
                    one = memberTokens.of(group.prompt(), member);
                    memberTokens.requireSamePrompt(one, known.values());
                    memberTokens.requireSamePrompt(one, fresh.values());
                    fresh.putIfAbsent(one.member().text(), one);
                }
                members.add(one.member().withScores(member.scores()));
            }
            fresh.forEach(known::putIfAbsent);
            group = new ImportedGroup(group.prompt(), members);
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
            List<CompletionRecords.Group> groups = planned.groups().stream()
                    .map(g ->
                            CompletionRecords.Group.of(g, tokens.get(g.prompt().getPromptId())))
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

    /** Each group with its scores whole or not at all. */
    private void write(
            Producer<String, SpecificRecord> producer,
            String runId,
            List<CompletionRecords.Group> groups,
            Instant now) {
        for (int from = 0; from < groups.size(); from += GROUPS_IN_A_TRANSACTION) {
            producer.beginTransaction();
            for (int i = from; i < Math.min(groups.size(), from + GROUPS_IN_A_TRANSACTION); i++) {
                for (ProducerRecord<String, SpecificRecord> record : records.of(runId, groups.get(i), i, now)) {
                    var unused = producer.send(record); // the transaction fails with it
                }
            }
            producer.commitTransaction();
        }
    }
}
