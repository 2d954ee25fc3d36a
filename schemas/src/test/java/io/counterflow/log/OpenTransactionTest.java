package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.schemas.Prompt;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What others left open hides what is committed behind it, and a reader knows. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedCluster.class)
class OpenTransactionTest {

    private static Logs logs;

    @BeforeAll
    static void start(Logs shared) {
        logs = shared;
    }

    private static Log log(String prefix) {
        return logs.open(prefix);
    }

    private static Producer<byte[], byte[]> holding(Log log, int partition) throws Exception {
        Producer<byte[], byte[]> holder =
                log.rawProducer(Map.of("transactional.id", log.config().topicPrefix() + "foreign"));
        holder.initTransactions();
        holder.beginTransaction();
        holder.send(new ProducerRecord<>(
                        log.topicName(Topic.PROMPTS), partition, "x".getBytes(StandardCharsets.UTF_8), new byte[] {1}))
                .get();
        return holder;
    }

    private static void write(Log log, int partition, int records) throws Exception {
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            for (int i = 0; i < records; i++) {
                Prompt prompt = Prompt.newBuilder()
                        .setPromptId("p" + i)
                        .setTask("t")
                        .setSplit("train")
                        .setText("text " + i)
                        .setMetadata(Map.of())
                        .setCreatedAt(Instant.EPOCH)
                        .build();
                producer.send(new ProducerRecord<>(log.topicName(Topic.PROMPTS), partition, "p" + i, prompt))
                        .get();
            }
        }
    }

    private static List<String> read(LogReader<Prompt> reader) {
        List<String> ids = new ArrayList<>();
        reader.read(reader.everything(), r -> ids.add(r.value().getPromptId()));
        return ids;
    }

    private static LogReader<Prompt> reader(Log log, Duration patience) {
        return new LogReader<>(log, log.topicName(Topic.PROMPTS), Prompt.class, patience);
    }

    @Test
    void whatIsHiddenIsSaidWithWhoseTransactionItIs() throws Exception {
        try (Log log = log("said.");
                Producer<byte[], byte[]> holder = holding(log, 1)) {
            write(log, 1, 2);
            write(log, 0, 1);
            try (LogReader<Prompt> reader = reader(log, Duration.ofMillis(100))) {
                assertThat(read(reader)).containsExactly("p0");
                assertThat(reader.hidden()).hasSize(1);
                HiddenRecords hidden = reader.hidden().get(0);
                assertThat(hidden.partition()).isEqualTo(1);
                assertThat(hidden.from()).isZero();
                assertThat(hidden.until()).isEqualTo(3);
                assertThat(hidden.transaction()).isEqualTo(Optional.of("said.foreign"));
                assertThat(hidden.since()).isPresent();
                assertThat(hidden.toString())
                        .startsWith(
                                "3 records of said.prompts, partition 1, from offset 0 on: behind the open transaction"
                                        + " 'said.foreign' (since ");
            }
        }
    }

    @Test
    void aReaderWaitsForTheEndOfATransaction() throws Exception {
        try (Log log = log("waits.");
                Producer<byte[], byte[]> holder = holding(log, 1)) {
            write(log, 1, 2);
            try (LogReader<Prompt> impatient = reader(log, Duration.ZERO);
                    LogReader<Prompt> patient = reader(log, Duration.ofMinutes(4))) {
                assertThat(read(impatient)).isEmpty();
                CompletableFuture<List<String>> reading = CompletableFuture.supplyAsync(() -> read(patient));
                holder.abortTransaction();
                assertThat(reading.get()).containsExactly("p0", "p1");
                assertThat(patient.hidden()).isEmpty();
            }
        }
    }

    @Test
    void whatIsHiddenCanBeLookedAtAndWhatIsSomebodyElsesIsPassedOver() throws Exception {
        try (Log log = log("looks.");
                Producer<byte[], byte[]> holder = holding(log, 1)) {
            write(log, 1, 2);
            try (LogReader<Prompt> reader = reader(log, Duration.ZERO)) {
                assertThat(read(reader)).isEmpty();
                List<String> ids = new ArrayList<>();
                reader.readHidden(r -> ids.add(r.value().getPromptId()));
                assertThat(ids).containsExactly("p0", "p1");
            }
        }
    }
}
