package io.counterflow.log.transfer;

import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/**
 * A record of a topic with where it stood.
 *
 * @param timestamp milliseconds since 1970
 * @param key null where it had none
 * @param value with long timestamps and byte buffers, as Avro's generic records have them; null for a deletion
 */
record TransferredRecord(int partition, long offset, long timestamp, String key, GenericRecord value) {

    /** The schema of such records around values of a schema. */
    static Schema schema(Schema value) {
        return SchemaBuilder.record("LogRecord")
                .namespace("io.counterflow.log.transfer")
                .doc("A record of a topic with where it stood.")
                .fields()
                .requiredInt("partition")
                .requiredLong("offset")
                .requiredLong("timestamp")
                .optionalString("key")
                .name("value")
                .type()
                .unionOf()
                .nullType()
                .and()
                .type(value)
                .endUnion()
                .nullDefault()
                .endRecord();
    }

    GenericRecord toAvro(Schema schema) {
        GenericRecord record = new GenericData.Record(schema);
        record.put("partition", partition);
        record.put("offset", offset);
        record.put("timestamp", timestamp);
        record.put("key", key);
        record.put("value", value);
        return record;
    }

    static TransferredRecord fromAvro(GenericRecord record) {
        Object key = record.get("key");
        return new TransferredRecord(
                (Integer) record.get("partition"),
                (Long) record.get("offset"),
                (Long) record.get("timestamp"),
                key == null ? null : key.toString(),
                (GenericRecord) record.get("value"));
    }
}
