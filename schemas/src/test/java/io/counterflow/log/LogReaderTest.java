package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.schemas.Prompt;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedCluster.class)
class LogReaderTest {

    /** The committed records have these timestamps, so that ranges by time are known. */
    private static final Instant START = Instant.ofEpochMilli(1_700_000_000_000L);

    private static Log log;
    private static String topic;

    /** Partition 1 gets 0..9 committed, 10..12 aborted, 13 committed as offsets 0..9, 11..13 and 15. */
    @BeforeAll
    static void write(Logs logs) throws Exception {
        log = logs.open("");
        topic = log.topicName(Topic.PROMPTS);
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of("transactional.id", "t"))) {
            producer.initTransactions();
            producer.beginTransaction();
            LongStream.range(0, 10).forEach(i -> producer.send(record(1, i)));
            producer.commitTransaction();
            producer.beginTransaction();
            LongStream.range(10, 13).forEach(i -> producer.send(record(1, i)));
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(record(1, 13));
            LongStream.range(0, 4).forEach(i -> producer.send(record(2, i)));
            producer.commitTransaction();
        }
        try (Admin admin = log.admin()) {
            TopicPartition trimmed = new TopicPartition(topic, 2);
            admin.deleteRecords(Map.of(trimmed, RecordsToDelete.beforeOffset(2)))
                    .all()
                    .get();
        }
    }

    @AfterAll
    static void stop() {
        log.close();
    }

    @Test
    void everythingCommittedIsReadAndNothingElse() {
        try (LogReader<Prompt> reader = reader()) {
            assertThat(reader.everything())
                    .containsExactly(
                            new OffsetRange(0, 0, 0),
                            new OffsetRange(1, 0, 17),
                            new OffsetRange(2, 2, 5),
                            new OffsetRange(3, 0, 0));
            assertThat(read(reader, reader.everything()))
                    .containsExactly(
                            "1-0", "1-1", "1-2", "1-3", "1-4", "1-5", "1-6", "1-7", "1-8", "1-9", "1-13", "2-2", "2-3");
        }
    }

    @Test
    void rangesAreReadInTheOrderGiven() {
        try (LogReader<Prompt> reader = reader()) {
            assertThat(read(reader, List.of(new OffsetRange(2, 3, 4), new OffsetRange(1, 4, 6))))
                    .containsExactly("2-3", "1-4", "1-5");
        }
    }

    @Test
    void aTimeRangeTakesRecordsFromItsBeginUntilBeforeItsEnd() {
        try (LogReader<Prompt> reader = reader()) {
            List<OffsetRange> ranges = reader.between(START.plusSeconds(3), START.plusSeconds(7));
            assertThat(read(reader, ranges)).containsExactly("1-3", "1-4", "1-5", "1-6", "2-3");
        }
    }

    @Test
    void positionsAreReadInTheOrderAsked() {
        try (LogReader<Prompt> reader = reader()) {
            List<LogPosition> asked = List.of(
                    new LogPosition(1, 15), new LogPosition(2, 2), new LogPosition(1, 0), new LogPosition(2, 2));
            assertThat(reader.at(asked))
                    .extracting(r -> r.value().getPromptId())
                    .containsExactly("1-13", "2-2", "1-0", "2-2");
        }
    }

    @Test
    void anOffsetThatRetentionRemovedIsNamed() {
        try (LogReader<Prompt> reader = reader()) {
            assertThatThrownBy(() -> reader.at(List.of(new LogPosition(2, 1))))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("partition 2 of prompts begins at offset 2, but offset 1 is needed");
        }
    }

    @Test
    void anOffsetAfterTheEndIsNamed() {
        try (LogReader<Prompt> reader = reader()) {
            assertThatThrownBy(() -> reader.read(List.of(new OffsetRange(2, 2, 9)), r -> {}))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("partition 2 of prompts is committed until offset 5, but offset 8");
        }
    }

    @Test
    void anOffsetWithoutACommittedRecordIsNamed() {
        try (LogReader<Prompt> reader = reader()) {
            assertThatThrownBy(() -> reader.at(List.of(new LogPosition(1, 12))))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("partition 1 of prompts has no committed record at offset 12");
        }
    }

    @Test
    void waitingRecordsAreThoseAfterTheGroupsPosition() throws Exception {
        try (Backlog backlog = new Backlog(log);
                Admin admin = log.admin()) {
            assertThat(backlog.waiting("new-group", topic)).isEqualTo(17 + 3);
            admin.alterConsumerGroupOffsets(
                            "group",
                            Map.of(
                                    new TopicPartition(topic, 1), new OffsetAndMetadata(15),
                                    new TopicPartition(topic, 2), new OffsetAndMetadata(0)))
                    .all()
                    .get();
            assertThat(backlog.waiting("group", topic)).isEqualTo(2 + 3);
        }
    }

    @Test
    void waitingOnATopicThatIsNotThereIsSaid() {
        try (Backlog backlog = new Backlog(log)) {
            assertThatThrownBy(() -> backlog.waiting("group", "no-such-topic"))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("no-such-topic");
        }
    }

    private static LogReader<Prompt> reader() {
        return new LogReader<>(log, Topic.PROMPTS, Prompt.class);
    }

    private static List<String> read(LogReader<Prompt> reader, List<OffsetRange> ranges) {
        List<String> ids = new ArrayList<>();
        reader.read(
                ranges, (ConsumerRecord<String, Prompt> r) -> ids.add(r.value().getPromptId()));
        return ids;
    }

    private static ProducerRecord<String, SpecificRecord> record(int partition, long number) {
        String id = partition + "-" + number;
        Prompt prompt = Prompt.newBuilder()
                .setPromptId(id)
                .setTask("t")
                .setSplit("train")
                .setText("text " + number)
                .setCreatedAt(START)
                .build();
        long timestamp = START.plusSeconds(number).toEpochMilli();
        return new ProducerRecord<>(topic, partition, timestamp, id, prompt);
    }
}
