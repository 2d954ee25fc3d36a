package io.counterflow.log.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.files.WholeFile;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.OffsetRange;
import io.counterflow.log.PublishedSchema;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * Writes parts of a topic to a file, committed records only, each with its partition, offset, timestamp and key.
 * Thread-safe.
 */
public final class TopicExporter {

    private final Log log;
    private final PlainJson plainJson = new PlainJson();

    private interface Sink extends AutoCloseable {
        void write(TransferredRecord record) throws IOException;

        @Override
        void close() throws IOException;
    }

    public TopicExporter(Log log) {
        this.log = Objects.requireNonNull(log, "log");
    }

    /**
     * Exports ranges; the file is there whole or not at all.
     *
     * @param topicName with its prefix
     * @param type of the topic's values
     * @return how many records were written
     * @throws LogException when a range is not in the log (any more), or the file cannot be written
     */
    public <T extends SpecificRecord> long export(
            String topicName, Class<T> type, List<OffsetRange> ranges, Path file, FileFormat format) {
        Schema value = PublishedSchema.of(SpecificData.get().getSchema(type));
        AtomicLong count = new AtomicLong();
        try (LogReader<T> reader = new LogReader<>(log, topicName, type);
                WholeFile whole = WholeFile.create(file)) {
            GenericValues values = new GenericValues(value);
            try (Sink sink = open(whole.out(), isGzip(file), format, value)) {
                reader.readWithTombstones(ranges, record -> {
                    try {
                        sink.write(new TransferredRecord(
                                record.partition(),
                                record.offset(),
                                record.timestamp(),
                                record.key(),
                                values.of(record.value())));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e.getMessage(), e);
                    }
                    count.incrementAndGet();
                });
            }
            whole.commit();
            return count.get();
        } catch (IOException | UncheckedIOException e) {
            throw new LogException(e.getMessage() + "; is there room? What was there before stays", e);
        }
    }

    private static boolean isGzip(Path file) {
        return file.getFileName().toString().endsWith(".gz");
    }

    private Sink open(OutputStream out, boolean gzip, FileFormat format, Schema value) throws IOException {
        return format == FileFormat.AVRO
                ? new AvroSink(out, TransferredRecord.schema(value))
                : new JsonSink(out, gzip, value);
    }

    private static final class AvroSink implements Sink {
        private final Schema schema;
        private final DataFileWriter<GenericRecord> writer;

        AvroSink(OutputStream out, Schema schema) throws IOException {
            this.schema = schema;
            this.writer = new DataFileWriter<GenericRecord>(new GenericDatumWriter<>(schema));
            writer.setCodec(CodecFactory.zstandardCodec(CodecFactory.DEFAULT_ZSTANDARD_LEVEL));
            writer.create(schema, out);
        }

        @Override
        public void write(TransferredRecord record) throws IOException {
            writer.append(record.toAvro(schema));
        }

        @Override
        public void close() throws IOException {
            writer.close();
        }
    }

    private final class JsonSink implements Sink {
        private final Schema value;
        private final Writer writer;

        JsonSink(OutputStream out, boolean gzip, Schema value) throws IOException {
            this.value = value;
            this.writer = new BufferedWriter(
                    new OutputStreamWriter(gzip ? new GZIPOutputStream(out) : out, StandardCharsets.UTF_8));
        }

        @Override
        public void write(TransferredRecord record) throws IOException {
            ObjectNode line = plainJson
                    .mapper()
                    .createObjectNode()
                    .put("partition", record.partition())
                    .put("offset", record.offset())
                    .put("timestamp", record.timestamp())
                    .put("key", record.key());
            line.set("value", record.value() == null ? line.nullNode() : plainJson.write(value, record.value()));
            writer.write(plainJson.mapper().writeValueAsString(line));
            writer.write('\n');
        }

        @Override
        public void close() throws IOException {
            writer.close();
        }
    }
}
