package io.counterflow.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Topics of their own for one test, filled with prompts and read back. */
public final class ProducerFixture implements AutoCloseable {

    public static final String TASK = "programs";

    private final Log log;
    private long planned;

    /** @param prefix that no other test has */
    public ProducerFixture(EmbeddedLog embedded, String prefix) {
        this(new LogConfig(
                embedded.kafka().bootstrapServers(), embedded.registry().url(), prefix + ".", 4, 1, Map.of()));
    }

    public ProducerFixture(LogConfig config) {
        log = new Log(config);
        assertThat(log.hasTopic(log.topicName(Topic.PROMPTS)))
                .as("%s is another test's", config.topicPrefix())
                .isFalse();
        log.createTopics();
    }

    public Log log() {
        return log;
    }

    /** Ids of the prompts. */
    public List<String> importPrompts(String split, List<String> texts) {
        List<String> ids = new ArrayList<>();
        List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>();
        for (String text : texts) {
            String id = Identifiers.promptId(TASK, split, text);
            ids.add(id);
            records.add(new ProducerRecord<>(
                    log.topicName(Topic.PROMPTS),
                    id,
                    Prompt.newBuilder()
                            .setPromptId(id)
                            .setTask(TASK)
                            .setSplit(split)
                            .setText(text)
                            .setCreatedAt(Instant.EPOCH)
                            .build()));
        }
        send(records);
        return ids;
    }

    public static List<String> texts(String stem, int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(stem + " " + i);
        }
        return texts;
    }

    public void publish(PolicyVersion version) {
        send(List.of(new ProducerRecord<>(log.topicName(Topic.POLICIES), version.getRunId(), version)));
    }

    public static PolicyVersion policy(String runId, long version, boolean evaluate, boolean last) {
        return PolicyVersion.newBuilder()
                .setRunId(runId)
                .setVersion(version)
                .setLocation("nowhere/" + version)
                .setWeightsSha256("sha-" + version)
                .setEvaluate(evaluate)
                .setLast(last)
                .setPublishedAt(Instant.EPOCH)
                .build();
    }

    /** Begins a run with the settings that others than its trainer read. */
    public void begin(String runId, int groupsInStep) {
        begin(
                runId,
                "{\"batch\":{\"groups\":" + groupsInStep + "},\"objective\":{\"name\":\"copg\",\"beta\":0.1,"
                        + "\"rewardScale\":1.0},\"seed\":0}");
    }

    public void begin(String runId, String configuration) {
        RunStarted started = RunStarted.newBuilder()
                .setSourceTopic("scored-groups")
                .setConfiguration(configuration)
                .setConfigurationSha256("")
                .setInitialCheckpoint("nowhere")
                .setInitialWeightsSha256("")
                .setSoftwareVersion("")
                .setStartedAt(Instant.EPOCH)
                .build();
        send(List.of(new ProducerRecord<>(
                log.topicName(Topic.TRAINING_STEPS), runId, new TrainingStep(runId, 0L, started))));
    }

    /** A step that uses these groups, which stand one after the other. */
    public void plan(String runId, long step, List<String> groupIds) {
        List<GroupPosition> groups =
                groupIds.stream().map(id -> new GroupPosition(0, planned++, id)).toList();
        StepPlanned plan = StepPlanned.newBuilder()
                .setGroups(groups)
                .setEpoch(0)
                .setSeed(0)
                .setLearningRate(0)
                .setPlannedAt(Instant.EPOCH)
                .build();
        send(List.of(
                new ProducerRecord<>(log.topicName(Topic.TRAINING_STEPS), runId, new TrainingStep(runId, step, plan))));
    }

    private void send(List<ProducerRecord<String, SpecificRecord>> records) {
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            records.forEach(producer::send);
            producer.flush();
        }
    }

    public List<Completion> completions() {
        List<Completion> all = new ArrayList<>();
        try (LogReader<Completion> reader = new LogReader<>(log, Topic.COMPLETIONS, Completion.class)) {
            reader.read(reader.everything(), r -> all.add(r.value()));
        }
        return all;
    }

    public List<DeadLetter> deadLetters() {
        List<DeadLetter> all = new ArrayList<>();
        try (LogReader<DeadLetter> reader = new LogReader<>(log, Topic.DEAD_LETTERS, DeadLetter.class)) {
            reader.read(reader.everything(), r -> all.add(r.value()));
        }
        return all;
    }

    /** Group ids in the order in which they were sampled in their partitions. */
    public List<String> groups(Purpose purpose) {
        return completions().stream()
                .filter(c -> c.getPurpose() == purpose)
                .map(Completion::getGroupId)
                .distinct()
                .toList();
    }

    /** Every prompt has exactly one whole group in each of the passes, and there is nothing else. */
    public void assertEveryPassIsWhole(String runId, List<String> promptIds, int passes, int groupSize) {
        assertEveryPassIsWhole(runId, promptIds, passes, groupSize, "run " + runId);
    }

    /** @param circumstance what a failure says besides, such as the seed of the test */
    public void assertEveryPassIsWhole(
            String runId, List<String> promptIds, int passes, int groupSize, String circumstance) {
        Map<String, List<Integer>> members = new TreeMap<>();
        List<String> ids = new ArrayList<>();
        for (Completion completion : completions()) {
            members.computeIfAbsent(completion.getGroupId(), g -> new ArrayList<>())
                    .add(completion.getIndexInGroup());
            ids.add(completion.getCompletionId());
        }
        Set<String> expected = new HashSet<>();
        for (String promptId : promptIds) {
            for (int pass = 0; pass < passes; pass++) {
                expected.add(Identifiers.groupId(runId, promptId, pass));
            }
        }
        List<Integer> whole = new ArrayList<>();
        for (int i = 0; i < groupSize; i++) {
            whole.add(i);
        }
        assertThat(ids).as("completion ids, %s", circumstance).doesNotHaveDuplicates();
        assertThat(members.keySet()).as("groups, %s", circumstance).isEqualTo(expected);
        assertThat(new HashSet<>(members.values()))
                .as("members of the groups, %s", circumstance)
                .containsExactly(whole);
    }

    public Map<Long, Integer> countByPolicyVersion(Purpose purpose) {
        Map<Long, Integer> counts = new HashMap<>();
        completions().stream()
                .filter(c -> c.getPurpose() == purpose)
                .forEach(c -> counts.merge(c.getPolicyVersion(), 1, Integer::sum));
        return counts;
    }

    @Override
    public void close() {
        log.close();
    }
}
