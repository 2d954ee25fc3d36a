package io.counterflow.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkersTest {
    @Test
    void asManyTasksAsWorkersRunAtTheSameTime() {
        CyclicBarrier all = new CyclicBarrier(3);
        AtomicInteger done = new AtomicInteger();
        Runnable task = () -> {
            try {
                all.await();
            } catch (InterruptedException | BrokenBarrierException e) {
                throw new IllegalStateException(e);
            }
            done.incrementAndGet();
        };
        try (Workers workers = new Workers(3, "test")) {
            workers.run(List.of(task, task, task));
        }
        assertThat(done).hasValue(3);
    }

    @Test
    void everyTaskRunsOnceHoweverManyThereAre() {
        for (int count : new int[] {1, 2, 4}) {
            try (Workers workers = new Workers(count, "test")) {
                AtomicInteger[] runs = new AtomicInteger[50];
                List<Runnable> tasks = new ArrayList<>();
                for (int i = 0; i < runs.length; i++) {
                    AtomicInteger run = new AtomicInteger();
                    runs[i] = run;
                    tasks.add(run::incrementAndGet);
                }
                workers.run(tasks);
                assertThat(runs).allSatisfy(run -> assertThat(run).hasValue(1));
                workers.run(List.of());
            }
        }
    }

    @Test
    void theFirstFailureIsThrownWhenAllTasksHaveEnded() {
        AtomicInteger done = new AtomicInteger();
        try (Workers workers = new Workers(2, "test")) {
            assertThatThrownBy(() -> workers.run(List.of(
                            done::incrementAndGet,
                            () -> {
                                throw new IllegalArgumentException("first");
                            },
                            () -> {
                                throw new IllegalStateException("second");
                            },
                            done::incrementAndGet)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("first");
        }
        assertThat(done).hasValue(2);
    }
}
