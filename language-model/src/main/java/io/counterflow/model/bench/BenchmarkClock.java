package io.counterflow.model.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** Which seconds a benchmark counts. */
public enum BenchmarkClock {
    /** Those that pass: for a machine that does nothing else. */
    WALL("perf_counter") {
        @Override
        long nanoseconds() {
            return System.nanoTime();
        }
    },
    /** Those that all threads of the process compute, so that what else the machine does counts for less. */
    PROCESSOR("process_time") {
        @Override
        long nanoseconds() {
            return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getProcessCpuTime();
        }
    };

    private final String python;

    BenchmarkClock(String python) {
        this.python = python;
    }

    abstract long nanoseconds();

    /** The same clock's name in Python's module {@code time}. */
    String python() {
        return python;
    }
}
