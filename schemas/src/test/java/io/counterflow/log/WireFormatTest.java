package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.counterflow.log.registry.InMemorySchemaRegistry;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WireFormatTest {

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();

    static Stream<Arguments> goldenBytes() {
        return GoldenBytes.ALL.entrySet().stream().map(e -> arguments(e.getKey(), e.getValue()));
    }

    @ParameterizedTest
    @MethodSource("goldenBytes")
    void everyRecordIsWrittenToTheSameBytesAlways(SpecificRecord record, String golden) {
        byte[] bytes = new AvroSerializer<>(registry).serialize("t", record);
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(golden);
    }

    @ParameterizedTest
    @MethodSource("goldenBytes")
    void everyRecordIsReadBackAsItWas(SpecificRecord record, String golden) {
        registry.register("t-value", PublishedSchema.of(record.getSchema()));
        SpecificRecord read = new AvroDeserializer<>(registry, record.getClass())
                .deserialize("t", HexFormat.of().parseHex(golden));
        assertThat(read).isEqualTo(record);
    }

    @Test
    void aGroupOfTheFirstVersionIsReadWithoutRecipeAndStatistics() throws IOException {
        registry.register(
                "scored-groups-value",
                new Schema.Parser().parse(Files.readString(Path.of("src/test/resources/history/ScoredGroup/v1.avsc"))));
        assertThat(new AvroDeserializer<>(registry, ScoredGroup.class)
                        .deserialize("scored-groups", HexFormat.of().parseHex(GoldenBytes.FIRST_SCORED_GROUP)))
                .isEqualTo(RecordSamples.firstScoredGroup());
    }

    @Test
    void promptsAndCompletionsOfTheFirstVersionAreReadWithoutVariables() throws IOException {
        for (SpecificRecord record : List.of(RecordSamples.prompt(), RecordSamples.completion())) {
            InMemorySchemaRegistry own = new InMemorySchemaRegistry();
            String name = record.getSchema().getName();
            own.register(
                    "t-value",
                    new Schema.Parser()
                            .parse(Files.readString(Path.of("src/test/resources/history", name, "v1.avsc"))));
            String golden = record instanceof Prompt ? GoldenBytes.FIRST_PROMPT : GoldenBytes.FIRST_COMPLETION;
            assertThat(new AvroDeserializer<>(own, record.getClass())
                            .deserialize("t", HexFormat.of().parseHex(golden)))
                    .isEqualTo(record);
        }
    }

    @Test
    void ledgerEntriesOfTheFirstVersionAreReadWithoutEnvironmentAndRecipe() throws IOException {
        registry.register(
                "t-value",
                new Schema.Parser()
                        .parse(Files.readString(Path.of("src/test/resources/history/TrainingStep/v1.avsc"))));
        AvroDeserializer<TrainingStep> reader = new AvroDeserializer<>(registry, TrainingStep.class);
        assertThat(reader.deserialize("t", HexFormat.of().parseHex(GoldenBytes.FIRST_RUN_STARTED)))
                .isEqualTo(RecordSamples.runStarted());
        assertThat(reader.deserialize("t", HexFormat.of().parseHex(GoldenBytes.FIRST_STEP_PLANNED)))
                .isEqualTo(RecordSamples.stepPlanned());
    }

    @Test
    void nothingIsNothing() {
        assertThat(new AvroSerializer<>(registry).serialize("t", null)).isNull();
        assertThat(new AvroDeserializer<>(registry, Prompt.class).deserialize("t", null))
                .isNull();
    }

    @Test
    void theRegisteredSchemaNamesNoJavaClass() {
        new AvroSerializer<>(registry).serialize("t", RecordSamples.prompt());
        Schema registered = registry.byId(1);
        assertThat(registered.toString()).doesNotContain("avro.java.string");
        assertThat(RecordSamples.prompt().getSchema().toString()).contains("avro.java.string");
    }

    @Test
    void bytesInAnotherFormatAreRefusedWithTheTopicsName() {
        assertThatThrownBy(() -> new AvroDeserializer<>(registry, Prompt.class)
                        .deserialize("prompts", "{\"text\": 1}".getBytes()))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("prompts")
                .hasMessageContaining("begin with 123");
    }

    @Test
    void cutBytesAreRefusedWithTheTopicsName() {
        byte[] whole = new AvroSerializer<>(registry).serialize("prompts", RecordSamples.prompt());
        byte[] cut = Arrays.copyOf(whole, whole.length - 3);
        assertThatThrownBy(() -> new AvroDeserializer<>(registry, Prompt.class).deserialize("prompts", cut))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("prompts: cannot read a Prompt written with schema 1");
    }

    @Test
    void aRecordOfAnotherKindIsRefused() {
        byte[] bytes = new AvroSerializer<>(registry).serialize("policies", RecordSamples.policyVersion());
        assertThatThrownBy(() -> new AvroDeserializer<>(registry, Prompt.class).deserialize("policies", bytes))
                .isInstanceOf(SerializationException.class);
    }

    @Test
    void aRecordOfALaterVersionIsReadWithoutItsNewField() {
        Schema later = new Schema.Parser()
                .parse(PublishedSchema.of(PolicyVersion.getClassSchema())
                        .toString()
                        .replaceFirst(
                                "\"fields\":\\[",
                                "\"fields\":[{\"name\":\"note\",\"type\":\"string\",\"default\":\"\"},"));
        int id = registry.register("policies-value", later);
        byte[] now = new AvroSerializer<>(new InMemorySchemaRegistry()).serialize("p", RecordSamples.policyVersion());
        byte[] then = new byte[now.length + 1];
        System.arraycopy(now, AvroSerializer.HEADER_BYTES, then, AvroSerializer.HEADER_BYTES + 1, now.length - 5);
        then[4] = (byte) id;
        assertThat(new AvroDeserializer<>(registry, PolicyVersion.class).deserialize("policies", then))
                .isEqualTo(RecordSamples.policyVersion());
    }
}
