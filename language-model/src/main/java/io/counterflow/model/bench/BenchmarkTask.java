package io.counterflow.model.bench;

import java.util.Arrays;
import java.util.List;

/** What is done with a model while it is measured. */
public enum BenchmarkTask {
    /** Forward, backward, clipping and AdamW over 8 sequences of 128 tokens. */
    TRAIN("train", "train 8 x 128", 8, 128),
    /** The same over one sequence of 1,024 tokens. */
    TRAIN_LONG("train-long", "train 1 x 1024", 1, 1024),
    /** Sampling 64 tokens after 16. */
    SAMPLE("sample", "sample 64, batch 1", 1, 64),
    /** The same, 32 completions at a time. */
    SAMPLE_BATCH("sample-batch", "sample 64, batch 32", 32, 64);

    private final String configName;
    private final String title;
    private final int rows;
    private final int tokens;

    BenchmarkTask(String configName, String title, int rows, int tokens) {
        this.configName = configName;
        this.title = title;
        this.rows = rows;
        this.tokens = tokens;
    }

    /** Those that are measured when nothing else is asked for. */
    public static List<BenchmarkTask> usual() {
        return List.of(TRAIN, SAMPLE, SAMPLE_BATCH);
    }

    /** @throws IllegalArgumentException when there is none of that name */
    public static BenchmarkTask named(String name) {
        return Arrays.stream(values())
                .filter(task -> task.configName.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no task '" + name + "'; there are "
                        + Arrays.stream(values()).map(task -> task.configName).toList()));
    }

    /** How it is called on the command line. */
    public String configName() {
        return configName;
    }

    /** How it is called in a table. */
    public String title() {
        return title;
    }

    public boolean trains() {
        return this == TRAIN || this == TRAIN_LONG;
    }

    /** Sequences at a time. */
    int rows() {
        return rows;
    }

    /** Tokens of a sequence that are trained on, or sampled. */
    int tokens() {
        return tokens;
    }
}
