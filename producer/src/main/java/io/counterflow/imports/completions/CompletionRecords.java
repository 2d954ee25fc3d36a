package io.counterflow.imports.completions;

import io.counterflow.imports.completions.MemberTokens.Tokenised;
import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Score;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The records of groups that were not sampled by a producer. Thread-safe. */
final class CompletionRecords {

    private static final String VERSION = "1";

    private final Log log;
    private final PromptEncoder encoder;
    private final CompletionMaking made;

    CompletionRecords(Log log, PromptEncoder encoder) {
        this.log = log;
        this.encoder = encoder;
        this.made = new CompletionMaking(encoder);
    }

    /** A group to be written. */
    record Group(Prompt prompt, long pass, Map<String, Tokenised> members) {

        static Group of(GroupPlan.Planned planned, Map<String, Tokenised> tokens) {
            Map<String, Tokenised> members = new LinkedHashMap<>();
            // The same text stands in several pairs, with a score of its own in each.
            planned.members()
                    .forEach(m -> members.put(
                            m.text(), new Tokenised(m, tokens.get(m.text()).tokens())));
            return new Group(planned.prompt(), planned.pass(), members);
        }
    }

    List<ProducerRecord<String, SpecificRecord>> of(String runId, Group group, int position, Instant now) {
        String groupId = Identifiers.groupId(runId, group.prompt().getPromptId(), group.pass());
        String promptId = group.prompt().getPromptId();
        List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>();
        List<Tokenised> members = List.copyOf(group.members().values());
        List<TokenSplit> tokens = behindOnePrompt(members);
        for (int index = 0; index < members.size(); index++) {
            ImportedGroup.Member member = members.get(index).member();
            String completionId = Identifiers.completionId(groupId, index);
            Completion completion = made.of(
                    new CompletionMaking.Place(
                            runId, groupId, group.pass(), position, index, members.size(), Origin.IMPORTED),
                    group.prompt(),
                    member,
                    tokens.get(index),
                    now);
            records.add(new ProducerRecord<>(log.topicName(Topic.COMPLETIONS), promptId, completion));
            member.scores()
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
        }
        return records;
    }

    /**
     * All completions of a group are compared behind the same prompt. Tokens that were sampled stay as they are, and so does the prompt that they were sampled behind;
     * texts are encoded behind it.
     */
    private List<TokenSplit> behindOnePrompt(List<Tokenised> members) {
        Optional<int[]> sampled = members.stream()
                .filter(m -> m.member().sample().isFixed())
                .map(m -> m.tokens().first())
                .findFirst();
        List<TokenSplit> splits = members.stream().map(Tokenised::tokens).toList();
        if (sampled.isEmpty()) {
            return TokenSplit.withOneFirst(splits);
        }
        int[] prompt = sampled.get();
        List<TokenSplit> behind = new ArrayList<>();
        for (Tokenised member : members) {
            boolean fits = Arrays.equals(member.tokens().first(), prompt);
            behind.add(
                    fits
                            ? member.tokens()
                            : new TokenSplit(
                                    prompt,
                                    encoder.behind(
                                            prompt,
                                            member.member().text(),
                                            made.finishReason(member.member().sample()) == FinishReason.STOP)));
        }
        return behind;
    }
}
