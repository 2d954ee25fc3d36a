package io.counterflow.log;

import io.counterflow.log.registry.SchemaRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Writes the Confluent wire format: a byte 0, the schema's id in the registry as four big-endian bytes, the Avro body.
 * The subject is {@code <topic>-value}. Thread-safe.
 */
public final class AvroSerializer<T extends SpecificRecord> implements Serializer<T> {

    static final byte MAGIC = 0;
    static final int HEADER_BYTES = 5;

    private final SchemaRegistry registry;
    private final Map<Schema, SpecificDatumWriter<T>> writers = new ConcurrentHashMap<>();
    private final Map<Schema, Schema> published = new ConcurrentHashMap<>();

    public AvroSerializer(SchemaRegistry registry) {
        this.registry = Objects.requireNonNull(registry, "registry");
    }

    /** @throws SerializationException when the record lacks a value that its schema asks for */
    @Override
    public byte[] serialize(String topic, T value) {
        if (value == null) {
            return null;
        }
        Schema schema = value.getSchema();
        int id = registry.register(topic + "-value", published.computeIfAbsent(schema, PublishedSchema::of));
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        out.write(MAGIC);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(id).array());
        try {
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            writers.computeIfAbsent(
                            schema, s -> new SpecificDatumWriter<>(s, ((SpecificRecordBase) value).getSpecificData()))
                    .write(value, encoder);
            encoder.flush();
        } catch (IOException | AvroRuntimeException | NullPointerException e) {
            throw new SerializationException(topic + ": cannot write this " + schema.getName() + ": " + e, e);
        }
        return out.toByteArray();
    }
}
