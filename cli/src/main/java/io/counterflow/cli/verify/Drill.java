package io.counterflow.cli.verify;

import io.counterflow.model.LoraConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A job and how it is disturbed.
 *
 * @param directory everything is kept here; should be empty
 * @param steps optimizer steps of the near-online run; the offline runs have about as many
 * @param kills how often the trainer is killed, half of it in the near-online run and half in the offline one
 * @param brokerKills how often the broker is, in the near-online run
 * @param scoringKills how often the Streams applications are
 * @param producerKills how often the producer is
 * @param lora the adapter that is trained; null for all weights
 * @param seed of the moments, the prompts and the samples
 */
public record Drill(
        Path directory,
        int steps,
        int kills,
        int brokerKills,
        int scoringKills,
        int producerKills,
        LoraConfig lora,
        long seed) {

    static final int GROUPS_IN_STEP = 4;
    static final int GROUP_SIZE = 3;
    static final int EPOCHS = 2;

    public Drill {
        if (steps < 10) {
            throw new IllegalArgumentException("steps is " + steps + ", must be at least 10");
        }
        if (kills < 0 || brokerKills < 0 || scoringKills < 0 || producerKills < 0) {
            throw new IllegalArgumentException("kills must be 0 or more");
        }
        directory = directory.toAbsolutePath().normalize();
    }

    int liveKills() {
        return kills - offlineKills();
    }

    int offlineKills() {
        return kills / 2;
    }

    /** Policies are evaluated this often. */
    int evaluateEvery() {
        return Math.max(5, steps / 4);
    }

    /** The files of a checkpoint that two runs of the same groups must share: what is trained first, then the optimizer's. */
    List<String> checkpointFiles() {
        return lora == null
                ? List.of("model.safetensors", "optimizer.safetensors", "config.json", "tokenizer.json")
                : List.of("adapter_model.safetensors", "optimizer.safetensors", "adapter_config.json");
    }

    Path model() {
        return directory.resolve("policy");
    }
}
