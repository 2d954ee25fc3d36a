package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.registry.InMemorySchemaRegistry;
import io.counterflow.log.registry.SchemaRegistry;
import io.counterflow.log.registry.SchemaRegistryUnavailableException;
import io.counterflow.schemas.Score;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class UnreadableRecordsTest {

    private static final SchemaRegistry REGISTRY = new InMemorySchemaRegistry();
    private static final AvroDeserializer<Score> SCORES = new AvroDeserializer<>(REGISTRY, Score.class);
    private static final Score SCORE = RecordSamples.score();

    private final UnreadableRecords unreadable = new UnreadableRecords();

    private static ConsumerRecord<byte[], byte[]> record(byte[] value) {
        return new ConsumerRecord<>("scores", 1, 7, null, value);
    }

    private static byte[] written() {
        return new AvroSerializer<Score>(REGISTRY).serialize("scores", SCORE);
    }

    @Test
    void aRecordOfTheTopicIsReadAndNothingElseIs() {
        byte[] whole = written();
        assertThat(unreadable.value(record(whole), SCORES)).contains(SCORE);
        assertThat(unreadable.count()).isZero();
        byte[] unknownSchema = whole.clone();
        unknownSchema[1] = 99;
        for (byte[] poison :
                List.of(new byte[0], new byte[] {1}, unknownSchema, Arrays.copyOf(whole, whole.length - 3))) {
            assertThat(unreadable.value(record(poison), SCORES)).isEmpty();
        }
        assertThat(unreadable.value(record(null), SCORES)).isEmpty();
        assertThat(unreadable.count()).isEqualTo(5);
    }

    @Test
    void aRegistryThatDoesNotAnswerIsNoFaultOfTheRecord() {
        SchemaRegistry down = new SchemaRegistry() {
            @Override
            public int register(String subject, Schema schema) {
                throw new SchemaRegistryUnavailableException("down", null);
            }

            @Override
            public Schema byId(int id) {
                throw new SchemaRegistryUnavailableException("down", null);
            }
        };

        assertThatThrownBy(() -> unreadable.value(record(written()), new AvroDeserializer<>(down, Score.class)))
                .isInstanceOf(SchemaRegistryUnavailableException.class);
        assertThat(unreadable.count()).isZero();
    }
}
