package io.counterflow.trainer.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives the numbers of the newest step to a meter registry, e.g. Prometheus': gauges {@code counterflow.trainer.<name>}
 * with the tag {@code run}, among them {@code step}; counters {@code counterflow.trainer.groups.trained} and
 * {@code .set.aside.total}.
 */
public final class MeterRecorder implements StepRecorder {

    private static final String PREFIX = "counterflow.trainer.";

    private final MeterRegistry registry;
    private final Tags tags;
    private final Map<String, AtomicLong> gauges = new HashMap<>();
    private final Counter trained;
    private final Counter setAside;

    public MeterRecorder(MeterRegistry registry, String runId) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.tags = Tags.of("run", runId);
        this.trained = registry.counter(PREFIX + "groups.trained", tags);
        this.setAside = registry.counter(PREFIX + "groups.set.aside", tags);
    }

    @Override
    public void record(long step, SortedMap<String, Double> numbers) {
        // What a step has no number for is not that of the step before.
        gauges.forEach((name, bits) -> bits.set(Double.doubleToLongBits(Double.NaN)));
        gauge("step", step);
        numbers.forEach(this::gauge);
        trained.increment(numbers.getOrDefault("groups", 0.0));
        setAside.increment(numbers.getOrDefault("set.aside", 0.0));
    }

    private void gauge(String name, double value) {
        gauges.computeIfAbsent(name, n -> {
                    AtomicLong bits = new AtomicLong();
                    registry.gauge(PREFIX + n, tags, bits, b -> Double.longBitsToDouble(b.get()));
                    return bits;
                })
                .set(Double.doubleToLongBits(value));
    }
}
