package io.counterflow.log;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where partitions end for a reader of committed records, once what stood in them is decided. An open transaction, whoever's, hides what others have
 * committed behind it.
 *
 * @param ends by partition; nothing before them is open
 * @param hidden what stood behind open transactions even when the wait was over; empty where that is all
 */
public record DecidedEnds(Map<TopicPartition, Long> ends, List<HiddenRecords> hidden) {

    /** A wait that is longer is worth a word. */
    private static final Duration UNNOTICED = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(DecidedEnds.class);

    public DecidedEnds {
        ends = Map.copyOf(ends);
        hidden = List.copyOf(hidden);
    }

    /**
     * Waits until everything that stands in the partitions at the call is decided, or patience is at its end, and says in the program's log what it
     * waits for and what it did not see.
     *
     * @param consumer of committed records; asked where they end
     * @throws LogException when the brokers cannot say
     */
    public static DecidedEnds await(
            Log log, Consumer<?, ?> consumer, List<TopicPartition> partitions, Duration patience) {
        try (OpenTransactions transactions = new OpenTransactions(log)) {
            Map<TopicPartition, Long> all = transactions.ends(partitions);
            Map<TopicPartition, Long> committed = consumer.endOffsets(partitions);
            long begin = System.nanoTime();
            boolean said = false;
            while (isBehind(committed, all) && System.nanoTime() - begin < patience.toNanos()) {
                if (!said && System.nanoTime() - begin > UNNOTICED.toNanos()) {
                    said = true;
                    LOG.warn(
                            "waiting, for up to {} s, for {}",
                            patience.toSeconds(),
                            joined(transactions.between(committed, all)));
                }
                Thread.sleep(20);
                committed = consumer.endOffsets(partitions);
            }
            DecidedEnds decided = new DecidedEnds(committed, transactions.between(committed, all));
            if (!decided.hidden.isEmpty()) {
                LOG.warn("not decided after {} s: {}", patience.toSeconds(), decided.hiddenInWords());
            }
            return decided;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static boolean isBehind(Map<TopicPartition, Long> committed, Map<TopicPartition, Long> all) {
        return all.entrySet().stream().anyMatch(end -> committed.get(end.getKey()) < end.getValue());
    }

    /** What is hidden, as part of a sentence; empty where nothing is. */
    public String hiddenInWords() {
        return joined(hidden);
    }

    private static String joined(List<HiddenRecords> parts) {
        return parts.stream().map(HiddenRecords::toString).collect(Collectors.joining("; "));
    }
}
