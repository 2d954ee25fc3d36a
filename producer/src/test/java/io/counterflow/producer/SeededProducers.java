package io.counterflow.producer;

import static io.counterflow.producer.ProducerFixture.TASK;

import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/** Producers whose samples are a function of prompt, seed and policy version alone. */
final class SeededProducers {

    private SeededProducers() {}

    static ProducerConfig config(String runId, int maxPasses, BackPressureConfig backPressure, String instance) {
        return new ProducerConfig(
                runId,
                TASK,
                null,
                3,
                4,
                maxPasses,
                null,
                11L,
                instance,
                null,
                null,
                backPressure,
                null,
                null,
                null,
                null);
    }

    static ProducerService service(
            ProducerFixture fixture, ProducerConfig config, boolean follows, ProducerListener listener) {
        return new ProducerService(fixture.log(), config, new SeededSource(follows), InstantSource.system(), listener);
    }

    static CompletableFuture<Void> inBackground(ProducerService service) {
        return CompletableFuture.runAsync(service::run, task -> new Thread(task, "producer").start());
    }
}
