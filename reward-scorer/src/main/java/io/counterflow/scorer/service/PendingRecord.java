package io.counterflow.scorer.service;

import java.nio.ByteBuffer;

/**
 * A completion that waits for its score, as it stands in the state store: partition (4 bytes), offset (8 bytes), the record's
 * value as it was in the log.
 *
 * @param partition partition it was read from
 * @param offset its offset there
 * @param value the record's bytes
 */
record PendingRecord(int partition, long offset, byte[] value) {

    byte[] toBytes() {
        return ByteBuffer.allocate(Integer.BYTES + Long.BYTES + value.length)
                .putInt(partition)
                .putLong(offset)
                .put(value)
                .array();
    }

    static PendingRecord of(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int partition = buffer.getInt();
        long offset = buffer.getLong();
        byte[] value = new byte[buffer.remaining()];
        buffer.get(value);
        return new PendingRecord(partition, offset, value);
    }
}
