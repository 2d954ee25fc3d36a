package io.counterflow.model.bench;

import java.util.Arrays;
import java.util.List;

/** What is done with a model while it is measured. */
public enum BenchmarkTask {
    /** Forward, backward, clipping and AdamW over 8 sequences of 128 tokens. */
    TRAIN("train", "train 8 x 128", true, 8, 128, 0),
    /** The same over one sequence of 1,024 tokens. */
    TRAIN_LONG("train-long", "train 1 x 1024", true, 1, 1024, 0),
    /** As {@link #TRAIN}, of an adapter of rank 16 on every projection. */
    TRAIN_LORA("train-lora", "train 8 x 128, LoRA", true, 8, 128, 16),
    /** Sampling 64 tokens after 16. */
    SAMPLE("sample", "sample 64, batch 1", false, 1, 64, 0),
    /** The same, 32 completions at a time. */
    SAMPLE_BATCH("sample-batch", "sample 64, batch 32", false, 32, 64, 0),
    /** As {@link #SAMPLE}, from a model with an adapter of rank 16 on every projection. */
    SAMPLE_LORA("sample-lora", "sample 64, batch 1, LoRA", false, 1, 64, 16),
    /** The same, 32 completions at a time. */
    SAMPLE_LORA_BATCH("sample-lora-batch", "sample 64, batch 32, LoRA", false, 32, 64, 16);

    private final String configName;
    private final String title;
    private final boolean trains;
    private final int rows;
    private final int tokens;
    private final int rank;

    BenchmarkTask(String configName, String title, boolean trains, int rows, int tokens, int rank) {
        this.configName = configName;
        this.title = title;
        this.trains = trains;
        this.rows = rows;
        this.tokens = tokens;
        this.rank = rank;
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
        return trains;
    }

    /** Sequences at a time. */
    int rows() {
        return rows;
    }

    /** Tokens of a sequence that are trained on, or sampled. */
    int tokens() {
        return tokens;
    }

    /** Of the model's adapter; 0 where it has none. */
    public int rank() {
        return rank;
    }
}
