package io.counterflow.log;

import java.time.Instant;
import java.util.Optional;

/**
 * Part of a partition that readers of committed records do not see yet, because a transaction that began at its first offset is open.
 *
 * @param topic with its prefix
 * @param from offset that the transaction began at
 * @param until offset after the last record
 * @param transaction its transactional id, where the broker says it
 * @param since when it began, where the broker says it
 */
public record HiddenRecords(
        String topic, int partition, long from, long until, Optional<String> transaction, Optional<Instant> since) {

    /** In words, as part of a sentence. */
    @Override
    public String toString() {
        return "%d record%s of %s, partition %d, from offset %d on: behind the open transaction %s%s"
                .formatted(
                        until - from,
                        until - from == 1 ? "" : "s",
                        topic,
                        partition,
                        from,
                        transaction.map(id -> "'" + id + "'").orElse("of a program that the broker does not name"),
                        since.map(time -> " (since " + time + ")").orElse(""));
    }
}
