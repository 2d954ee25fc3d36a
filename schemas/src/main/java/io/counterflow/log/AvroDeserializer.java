package io.counterflow.log;

import io.counterflow.log.registry.SchemaRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads what {@link AvroSerializer} writes, resolving the writer's schema to the reader's. Thread-safe. */
public final class AvroDeserializer<T extends SpecificRecord> implements Deserializer<T> {

    private final SchemaRegistry registry;
    private final Schema reader;
    private final SpecificData model;
    private final Map<Integer, SpecificDatumReader<T>> readers = new ConcurrentHashMap<>();

    public AvroDeserializer(SchemaRegistry registry, Class<T> type) {
        TrustedRecords.ensure();
        this.registry = Objects.requireNonNull(registry, "registry");
        this.model = SpecificData.getForClass(type);
        this.reader = model.getSchema(type);
    }

    /**
     * @throws SerializationException when the bytes are not a record in the wire format, or not one that this type can
     *     read
     */
    @Override
    public T deserialize(String topic, byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        if (bytes.length < AvroSerializer.HEADER_BYTES || bytes[0] != AvroSerializer.MAGIC) {
            throw new SerializationException(topic + ": " + bytes.length + " bytes that "
                    + (bytes.length == 0 ? "say nothing" : "begin with " + bytes[0])
                    + " are not a record in the registry's wire format (0, schema id, Avro body)");
        }
        int id = ByteBuffer.wrap(bytes, 1, Integer.BYTES).getInt();
        SpecificDatumReader<T> datum = readers.get(id);
        if (datum == null) {
            datum = new SpecificDatumReader<>(registry.byId(id), reader, model);
            readers.put(id, datum);
        }
        int header = AvroSerializer.HEADER_BYTES;
        try {
            return datum.read(null, DecoderFactory.get().binaryDecoder(bytes, header, bytes.length - header, null));
        } catch (IOException | RuntimeException e) {
            throw new SerializationException(
                    topic + ": cannot read a " + reader.getName() + " written with schema " + id + ": " + e, e);
        }
    }
}
