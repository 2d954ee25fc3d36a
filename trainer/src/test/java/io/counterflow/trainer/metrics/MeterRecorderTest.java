package io.counterflow.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MeterRecorderTest {

    @Test
    void gaugesHaveTheNewestStepAndCountersAllOfThem() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        MeterRecorder recorder = new MeterRecorder(registry, "r");

        recorder.record(1, new TreeMap<>(Map.of("loss", 0.5, "groups", 4.0, "set.aside", 1.0, "kl.staleness", 3.0)));
        recorder.record(2, new TreeMap<>(Map.of("loss", 0.25, "groups", 4.0, "set.aside", 0.0)));

        assertThat(registry.get("counterflow.trainer.step")
                        .tag("run", "r")
                        .gauge()
                        .value())
                .isEqualTo(2);
        assertThat(registry.get("counterflow.trainer.loss").gauge().value()).isEqualTo(0.25);
        assertThat(registry.get("counterflow.trainer.kl.staleness").gauge().value())
                .as("the second step has none")
                .isNaN();
        assertThat(registry.get("counterflow.trainer.groups.trained").counter().count())
                .isEqualTo(8);
        assertThat(registry.get("counterflow.trainer.groups.set.aside")
                        .counter()
                        .count())
                .isEqualTo(1);
    }
}
