package io.counterflow.log.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.log.PublishedSchema;
import io.counterflow.log.RecordSamples;
import io.counterflow.log.transfer.PlainJson.MismatchException;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PlainJsonTest {

    private final PlainJson plainJson = new PlainJson();

    static Stream<SpecificRecord> records() {
        return RecordSamples.all().stream();
    }

    @ParameterizedTest
    @MethodSource("records")
    void everyRecordComesBackAsItWas(SpecificRecord record) throws Exception {
        Schema schema = PublishedSchema.of(record.getSchema());
        GenericValues values = new GenericValues(schema);
        JsonNode json = plainJson.write(schema, values.of(record));
        JsonNode again = plainJson.mapper().readTree(plainJson.mapper().writeValueAsString(json));
        assertThat(values.to((GenericRecord) plainJson.read(schema, again), record.getClass()))
                .isEqualTo(record);
    }

    @Test
    void valuesLookAsPeopleWriteThem() throws Exception {
        Schema schema = PublishedSchema.of(RecordSamples.stepApplied().getSchema());
        JsonNode json = plainJson.write(schema, new GenericValues(schema).of(RecordSamples.stepApplied()));
        assertThat(json.toString())
                .isEqualTo(
                        "{\"runId\":\"r1\",\"step\":3,\"entry\":{\"StepApplied\":{\"loss\":0.25,\"gradientNorm\":1.5,"
                                + "\"metrics\":{\"reward\":0.75},\"appliedAt\":\"2023-11-14T22:13:20Z\","
                                + "\"checkpointSha256\":null}}}");
    }

    @Test
    void numbersThatJsonHasNoSignForAreKept() throws Exception {
        Schema schema = SchemaBuilder.record("R").fields().requiredDouble("x").endRecord();
        for (double number : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            GenericRecord record = new GenericData.Record(schema);
            record.put("x", number);
            JsonNode json = plainJson.write(schema, record);
            JsonNode again = plainJson.mapper().readTree(json.toString());
            assertThat(plainJson.read(schema, again)).isEqualTo(record);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                    | PolicyVersion.runId is missing
            {'runId': 3}                          | PolicyVersion.runId must be a text, but is 3
            {'runId': 'r', 'version': 1.5}        | PolicyVersion.version must be an integer, but is 1.5
            []                                    | PolicyVersion must be an object
            """)
    void whatDoesNotFitIsNamed(String json, String why) {
        Schema schema = PublishedSchema.of(RecordSamples.policyVersion().getSchema());
        assertThatThrownBy(() -> plainJson.read(schema, plainJson.mapper().readTree(json.replace('\'', '"'))))
                .isInstanceOf(MismatchException.class)
                .hasMessageContaining(why);
    }
}
