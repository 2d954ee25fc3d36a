package io.counterflow.trainer;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Groups of random tokens for the tiny fixture models, rewarded for even tokens. */
public final class SampledGroups implements AutoCloseable {

    private static final int VOCABULARY = 384;

    private final Log log;
    private final Producer<String, SpecificRecord> producer;
    private final SplittableRandom random;
    private long made;
    private long arrived;

    public SampledGroups(Log log, long seed) {
        this.log = log;
        this.producer = log.producer(Map.of());
        this.random = new SplittableRandom(seed);
    }

    /** Publishes groups of a run, one after the other, and waits until they are there. */
    public List<ScoredGroup> publish(String runId, int count) {
        return publish(runId, count, 0);
    }

    public List<ScoredGroup> publish(String runId, int count, long policyVersion) {
        List<ScoredGroup> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ScoredGroup group = group(runId, policyVersion, VOCABULARY);
            groups.add(group);
            publish(group);
        }
        producer.flush();
        return groups;
    }

    public void publish(ScoredGroup group) {
        // Each in a millisecond of its own: the order of two groups of the same one, in two partitions, is nobody's.
        arrived = Math.max(arrived + 1, System.currentTimeMillis());
        producer.send(
                new ProducerRecord<>(log.topicName(Topic.SCORED_GROUPS), null, arrived, group.getPromptId(), group));
        producer.flush();
    }

    public ScoredGroup group(String runId, long policyVersion, int vocabulary) {
        String text = "prompt " + made++;
        Instant now = Instant.ofEpochMilli(1_760_000_000_000L + made);
        String promptId = Identifiers.promptId("numbers", "train", text);
        String groupId = Identifiers.groupId(runId, promptId, 0);
        List<Integer> prompt = tokens(vocabulary, random.nextInt(3, 8));
        int k = random.nextInt(2, 5);
        List<GroupMember> members = new ArrayList<>();
        for (int i = 0; i < k; i++) {
            List<Integer> completion = tokens(vocabulary, random.nextInt(2, 10));
            double even = (double) completion.stream().filter(t -> t % 2 == 0).count() / completion.size();
            members.add(GroupMember.newBuilder()
                    .setCompletionId(Identifiers.completionId(groupId, i))
                    .setIndexInGroup(i)
                    .setText("completion " + i)
                    .setTokenIds(completion)
                    .setLogProbability(-5.9 * completion.size())
                    .setTokenLogProbabilities(
                            completion.stream().map(t -> -5.9f).toList())
                    .setPolicyVersion(policyVersion)
                    .setFinishReason(FinishReason.LENGTH)
                    .setSampledAt(now)
                    .setReward(even)
                    .setScores(List.of(Score.newBuilder()
                            .setCompletionId(Identifiers.completionId(groupId, i))
                            .setGroupId(groupId)
                            .setPromptId(promptId)
                            .setRunId(runId)
                            .setScorer("even")
                            .setScorerVersion("2")
                            .setOutcome(Outcome.SCORED)
                            .setValue(even)
                            .setDurationMicros(1)
                            .setScoredAt(now)
                            .build()))
                    .build());
        }
        return ScoredGroup.newBuilder()
                .setGroupId(groupId)
                .setPromptId(promptId)
                .setRunId(runId)
                .setPurpose(Purpose.TRAINING)
                .setRecipe("even")
                .setRecipeSha256("00")
                .setPrompt(Prompt.newBuilder()
                        .setPromptId(promptId)
                        .setTask("numbers")
                        .setSplit("train")
                        .setText(text)
                        .setMessages(null)
                        .setCreatedAt(now)
                        .build())
                .setPromptTokenIds(prompt)
                .setGroupSize(k)
                .setMembers(members)
                .setClosedBy(ClosedBy.COMPLETE)
                .setClosedAt(now)
                .build();
    }

    private List<Integer> tokens(int vocabulary, int length) {
        return random.ints(length, 2, vocabulary).boxed().toList();
    }

    @Override
    public void close() {
        producer.close();
    }
}
