package io.counterflow.log.transfer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.PublishedSchema;
import io.counterflow.log.transfer.PlainJson.MismatchException;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/** Brings files of {@link TopicExporter} back into a topic. Thread-safe. */
public final class TopicImporter {

    private final Log log;
    private final PlainJson plainJson = new PlainJson();

    public TopicImporter(Log log) {
        this.log = Objects.requireNonNull(log, "log");
    }

    /**
     * Imports a file.
     *
     * @param topicName with its prefix; the topic is there
     * @param type of the topic's values
     * @return how many records were written
     * @throws LogException naming the line or the position, when the file is broken or a record cannot have its position
     */
    public <T extends SpecificRecord> long importFile(
            Path file, String topicName, Class<T> type, FileFormat format, Positions positions) {
        Schema value = PublishedSchema.of(SpecificData.get().getSchema(type));
        GenericValues values = new GenericValues(value);
        try (PositionedWriter writer = positions == Positions.KEEP
                ? PositionedWriter.keeping(log, topicName)
                : PositionedWriter.appending(log, topicName)) {
            RecordSink sink = record -> writer.write(record, values.to(record.value(), type));
            if (format == FileFormat.AVRO) {
                readAvro(file, value, sink);
            } else {
                readJson(file, value, sink);
            }
            return writer.finish();
        } catch (IOException e) {
            throw new LogException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private interface RecordSink {
        void accept(TransferredRecord record) throws IOException;
    }

    private static void readAvro(Path file, Schema value, RecordSink sink) throws IOException {
        GenericDatumReader<GenericRecord> datum = new GenericDatumReader<>(null, TransferredRecord.schema(value));
        try (DataFileReader<GenericRecord> reader = new DataFileReader<>(file.toFile(), datum)) {
            while (reader.hasNext()) {
                sink.accept(TransferredRecord.fromAvro(reader.next()));
            }
        } catch (AvroRuntimeException e) {
            throw new LogException(
                    file + " is broken or holds other records than " + value.getName() + ": " + e.getMessage(), e);
        }
    }

    private void readJson(Path file, Schema value, RecordSink sink) throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
            long number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (!line.isBlank()) {
                    sink.accept(parse(file, number, line, value));
                }
            }
        }
    }

    private TransferredRecord parse(Path file, long number, String line, Schema value) {
        try {
            JsonNode json = plainJson.mapper().readTree(line);
            GenericRecord record =
                    json.path("value").isNull() ? null : (GenericRecord) plainJson.read(value, json.path("value"));
            JsonNode key = json.path("key");
            return new TransferredRecord(
                    json.path("partition").asInt(),
                    json.path("offset").asLong(),
                    json.path("timestamp").asLong(),
                    key.isTextual() ? key.textValue() : null,
                    record);
        } catch (JsonProcessingException e) {
            throw new LogException(file + ", line " + number + ": not JSON: " + e.getOriginalMessage(), e);
        } catch (MismatchException e) {
            throw new LogException(file + ", line " + number + ": " + e.getMessage(), e);
        }
    }

    private static InputStream open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        return file.getFileName().toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
    }
}
