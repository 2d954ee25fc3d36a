package io.counterflow.log.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.Log;
import io.counterflow.log.SharedCluster;
import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.log.Topic;
import io.counterflow.schemas.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedCluster.class)
class DeadLettersTest {

    private static Log log;

    @BeforeAll
    static void write(Logs logs) {
        log = logs.open("letters.");
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            producer.send(letter("p1", "unit-tests@1", "timed out after 5 s", 10));
            producer.send(letter("p2", "unit-tests@1", "out of memory", 20));
            producer.send(letter("p3", "reward-model@2", "timed out after 9 s", 30));
        }
    }

    @AfterAll
    static void stop() {
        log.close();
    }

    private static ProducerRecord<String, SpecificRecord> letter(
            String key, String component, String cause, long second) {
        DeadLetter letter = DeadLetter.newBuilder()
                .setTopic(log.topicName(Topic.COMPLETIONS))
                .setPartition(2)
                .setOffset(second)
                .setKey(ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)))
                .setValue(ByteBuffer.wrap(("value of " + key).getBytes(StandardCharsets.UTF_8)))
                .setComponent(component)
                .setCause(cause)
                .setFailedAt(Instant.ofEpochSecond(second))
                .build();
        return new ProducerRecord<>(log.topicName(Topic.DEAD_LETTERS), key, letter);
    }

    @Test
    void lettersAreFoundByComponentCauseAndTimeAndGoRoundOnce() {
        DeadLetters letters = new DeadLetters(log, InstantSource.system());
        LetterFilter all = LetterFilter.waiting().withRedriven();
        LetterFilter timeOuts = LetterFilter.waiting().withCause(Pattern.compile("timed out"));
        LetterFilter recent = new LetterFilter(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Instant.ofEpochSecond(20)),
                Optional.of(Instant.ofEpochSecond(30)),
                false);
        assertThat(letters.list(LetterFilter.waiting().ofComponent("unit-tests@1")))
                .extracting(Letter::key)
                .containsExactly("p1", "p2");
        assertThat(letters.list(timeOuts)).extracting(Letter::key).containsExactly("p1", "p3");
        assertThat(letters.list(recent)).extracting(Letter::key).containsExactly("p2");

        assertThat(letters.list(LetterFilter.waiting().ofComponent("reward-model")))
                .extracting(Letter::key)
                .containsExactly("p3");

        assertThat(letters.plan(timeOuts).send()).hasSize(2);
        assertThat(completions()).isEmpty();
        assertThat(letters.redrive(timeOuts).send()).hasSize(2);
        assertThat(letters.redrive(timeOuts).send()).isEmpty();
        assertThat(completions()).containsExactly("p1: value of p1", "p3: value of p3");
        assertThat(letters.list(LetterFilter.waiting())).extracting(Letter::key).containsExactly("p2");
        assertThat(letters.list(all)).extracting(Letter::redriven).containsExactly(true, false, true);
    }

    private static List<String> completions() {
        TopicPartition partition = new TopicPartition(log.topicName(Topic.COMPLETIONS), 2);
        List<String> found = new ArrayList<>();
        try (Consumer<byte[], byte[]> consumer = log.rawConsumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(r -> found.add(new String(r.key(), StandardCharsets.UTF_8) + ": "
                                + new String(r.value(), StandardCharsets.UTF_8)));
            }
        }
        return found;
    }
}
