package io.counterflow.log.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.files.FileAccessException;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.PublishedSchema;
import io.counterflow.log.Topic;
import io.counterflow.log.lines.BrokenLineException;
import io.counterflow.log.lines.LineReader;
import io.counterflow.log.lines.NotJsonLinesException;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.log.transfer.PlainJson.MismatchException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
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
        checkWhole(file, format, value, compacted(type));
        try (PositionedWriter writer = positions == Positions.KEEP
                ? PositionedWriter.keeping(log, topicName)
                : PositionedWriter.appending(log, topicName)) {
            read(file, format, value, record -> writer.write(record, values.to(record.value(), type)));
            return writer.finish();
        } catch (IOException e) {
            throw new LogException(FileAccessException.reading(file, 0, e).getMessage(), e);
        }
    }

    private static boolean compacted(Class<? extends SpecificRecord> type) {
        return Arrays.stream(Topic.values())
                .anyMatch(topic -> topic.recordType().equals(type) && topic.compacted());
    }

    /** Reads it to its end first: of a file that is broken somewhere nothing is written. */
    private void checkWhole(Path file, FileFormat format, Schema value, boolean compacted) {
        try {
            read(file, format, value, record -> {
                if (record.value() == null && !compacted) {
                    throw new LogException(file + " has a record without a value (partition " + record.partition()
                            + ", offset " + record.offset() + "), which only a compacted topic may have; nothing of it"
                            + " was taken");
                }
            });
        } catch (NoSuchFileException e) {
            throw new LogException("there is no file " + file, e);
        } catch (IOException e) {
            throw new LogException(
                    FileAccessException.reading(file, 0, e).getMessage() + "; nothing of it was taken", e);
        }
    }

    private void read(Path file, FileFormat format, Schema value, RecordSink sink) throws IOException {
        if (format == FileFormat.AVRO) {
            readAvro(file, value, sink);
        } else {
            readJson(file, value, sink);
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
        try (LineReader lines = LineReader.open(file)) {
            for (LineReader.Line line = lines.next(); line != null; line = lines.next()) {
                if (!line.isBlank()) {
                    sink.accept(parse(file, line, value));
                }
            }
        } catch (NotJsonLinesException e) {
            throw new LogException(file + " " + e.getMessage(), e);
        }
    }

    private TransferredRecord parse(Path file, LineReader.Line line, Schema value) {
        try {
            ObjectNode json = StrictJson.object(line.text());
            if (!json.has("value")) {
                throw new MismatchException("has no 'value', as a line of an export has");
            }
            GenericRecord record =
                    json.path("value").isNull() ? null : (GenericRecord) plainJson.read(value, json.path("value"));
            JsonNode key = json.path("key");
            if (!key.isTextual() && !key.isNull() && !key.isMissingNode()) {
                throw new MismatchException("'key' must be a text or null, but is " + StrictJson.abbreviated(key));
            }
            return new TransferredRecord(
                    (int) integer(json, "partition", Integer.MAX_VALUE),
                    integer(json, "offset", Long.MAX_VALUE),
                    integer(json, "timestamp", Long.MAX_VALUE),
                    key.isTextual() ? key.textValue() : null,
                    record);
        } catch (BrokenLineException | MismatchException e) {
            throw new LogException(file + ", line " + line.number() + ": " + e.getMessage(), e);
        }
    }

    private static long integer(ObjectNode line, String name, long most) throws MismatchException {
        JsonNode value = line.path(name);
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < 0
                || value.longValue() > most) {
            throw new MismatchException("'" + name + "' must be a whole number from 0 on, but is "
                    + (value.isMissingNode() ? "missing" : StrictJson.abbreviated(value)));
        }
        return value.longValue();
    }
}
