package io.counterflow.producer;

import io.counterflow.log.Identifiers;
import io.counterflow.producer.Lane.StoredPrompt;
import io.counterflow.producer.source.CompletionSource;
import io.counterflow.producer.source.CompletionSource.Request;
import io.counterflow.producer.source.CompletionSource.Sampled;
import io.counterflow.producer.source.CompletionSource.Stamp;
import io.counterflow.producer.source.SamplingConfig;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Samples whole groups and makes the records of them. One thread. */
final class GroupSampler {

    private final ProducerConfig config;
    private final CompletionSource source;
    private final InstantSource clock;

    /** A group to sample. */
    record Order(
            Lane lane,
            StoredPrompt stored,
            int[] promptTokenIds,
            String groupId,
            Purpose purpose,
            long pass,
            long position) {}

    GroupSampler(ProducerConfig config, CompletionSource source, InstantSource clock) {
        this.config = config;
        this.source = source;
        this.clock = clock;
    }

    /** The completions of each order, {@code size} of them, in the order of the orders. */
    List<List<Completion>> sample(List<Order> orders, int size, SamplingConfig sampling) {
        List<Request> requests = new ArrayList<>();
        for (Order order : orders) {
            for (int index = 0; index < size; index++) {
                String id = Identifiers.completionId(order.groupId(), index);
                requests.add(new Request(
                        order.stored().prompt(),
                        order.promptTokenIds(),
                        source.seed(Identifiers.sampleSeed(config.seed(), id))));
            }
        }
        Instant startedAt = clock.instant();
        Stamp stamp = source.stamp();
        List<Sampled> sampled = source.sample(requests, sampling);
        Instant finishedAt = clock.instant();
        if (sampled.size() != requests.size()) {
            throw new IllegalStateException(
                    sampled.size() + " completions came back for " + requests.size() + " requests");
        }
        List<List<Completion>> groups = new ArrayList<>();
        for (int g = 0; g < orders.size(); g++) {
            List<Completion> members = new ArrayList<>();
            for (int index = 0; index < size; index++) {
                int at = g * size + index;
                members.add(completion(orders.get(g), index, size, requests.get(at), sampled.get(at), sampling, stamp)
                        .setStartedAt(startedAt)
                        .setFinishedAt(finishedAt)
                        .build());
            }
            groups.add(members);
        }
        return groups;
    }

    private Completion.Builder completion(
            Order order, int index, int size, Request request, Sampled sampled, SamplingConfig sampling, Stamp stamp) {
        return Completion.newBuilder()
                .setCompletionId(Identifiers.completionId(order.groupId(), index))
                .setGroupId(order.groupId())
                .setPromptId(order.stored().prompt().getPromptId())
                .setRunId(config.runId())
                .setPurpose(order.purpose())
                .setPass(order.pass())
                .setPosition(order.position())
                .setIndexInGroup(index)
                .setGroupSize(size)
                .setPrompt(order.stored().prompt())
                .setPromptTokenIds(boxed(order.promptTokenIds()))
                .setText(sampled.text())
                .setTokenIds(boxed(sampled.tokenIds()))
                .setLogProbability(sampled.logProbability())
                .setTokenLogProbabilities(boxed(sampled.tokenLogProbabilities()))
                .setPolicyVersion(stamp.version())
                .setPolicySha256(stamp.weightsSha256())
                .setSampling(Sampling.newBuilder()
                        .setTemperature(sampling.temperature())
                        .setTopK(sampling.topK())
                        .setTopP(sampling.topP())
                        .setRepetitionPenalty(sampling.repetitionPenalty())
                        .setMaxTokens(sampling.maxTokens())
                        .setSeed(request.seed())
                        .build())
                .setFinishReason(sampled.finishReason())
                .setOrigin(Origin.SAMPLED)
                .setTokenIdsExact(sampled.tokenIdsExact());
    }

    private static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static List<Float> boxed(float[] values) {
        List<Float> boxed = new ArrayList<>(values.length);
        for (float value : values) {
            boxed.add(value);
        }
        return boxed;
    }
}
