package io.counterflow.producer.gateway;

import static io.counterflow.producer.gateway.RefusedException.CONFLICT;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes completions that the log does not have, all of a request or none; those that it has must be the same. Thread-safe. */
final class CompletionDesk {

    private final Log log;
    private final LogDesk desk;

    CompletionDesk(Log log, LogDesk desk) {
        this.log = log;
        this.desk = desk;
    }

    /**
     * Returns when all are in the log.
     *
     * @param completions of one group
     * @return whether any was not there before
     */
    boolean write(List<Completion> completions) throws RefusedException, InterruptedException {
        return desk.visit((known, writing) -> {
            Completion first = completions.get(0);
            if (known.isSampled(first.getRunId())) {
                throw new RefusedException(
                        CONFLICT, "run " + first.getRunId() + " is sampled by a producer; name another run");
            }
            Optional<Completion> other = known.firstOfGroup(first.getGroupId());
            if (other.isPresent()) {
                requireSameGroup(first, other.get());
            }
            List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>();
            for (Completion completion : completions) {
                Optional<Completion> there = known.completion(completion.getCompletionId());
                if (there.isPresent()) {
                    requireSame(completion, there.get());
                } else {
                    records.add(new ProducerRecord<>(
                            log.topicName(Topic.COMPLETIONS), completion.getPromptId(), completion));
                }
            }
            if (!records.isEmpty()) {
                writing.write(records);
            }
            return !records.isEmpty();
        });
    }

    private static void requireSameGroup(Completion one, Completion other) throws RefusedException {
        if (one.getGroupSize() != other.getGroupSize()) {
            throw new RefusedException(
                    CONFLICT,
                    "the group is to have " + other.getGroupSize() + " completions, as its first one says, not "
                            + one.getGroupSize());
        }
        if (!one.getPromptTokenIds().equals(other.getPromptTokenIds())) {
            throw new RefusedException(
                    CONFLICT,
                    "the prompt has other token ids than that of the group's first completion; completions are compared behind the same");
        }
    }

    /** Whatever the time. */
    private static void requireSame(Completion one, Completion there) throws RefusedException {
        Completion then = Completion.newBuilder(one)
                .setPrompt(Prompt.newBuilder(one.getPrompt())
                        .setCreatedAt(there.getPrompt().getCreatedAt())
                        .build())
                .setStartedAt(there.getStartedAt())
                .setFinishedAt(there.getFinishedAt())
                .build();
        List<String> different = then.getSchema().getFields().stream()
                .filter(field -> !Objects.equals(then.get(field.pos()), there.get(field.pos())))
                .map(Schema.Field::name)
                .toList();
        if (!different.isEmpty()) {
            throw new RefusedException(
                    CONFLICT,
                    "the log has another completion at index %d of this group of run %s and this prompt (other: %s); give it another index or group"
                            .formatted(one.getIndexInGroup(), one.getRunId(), String.join(", ", different)));
        }
    }
}
