package io.counterflow.cli.quickstart;

import io.counterflow.cli.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;

/**
 * What the quickstart's run is configured with. They were chosen so that every seed tried gets there; see docs/experiments/quickstart.md.
 *
 * @param steps optimizer steps
 * @param heldOut how many of the 4,800 tasks are never learned from
 * @param base what the base policy is made of
 */
record QuickstartSettings(int steps, int heldOut, BasePolicy.Settings base) {

    static QuickstartSettings standard() {
        return new QuickstartSettings(130, 256, BasePolicy.Settings.standard());
    }

    /** The run's whole configuration, on top of what the user set. */
    ConfigFile configuration(
            ConfigFile user, String runId, long seed, Path baseFolder, Path runs, Path streams, boolean sandboxed) {
        String task = task(seed);
        ConfigFile file = user;
        for (String[] setting : List.of(
                new String[] {"title", "CoPG on small Java programs, from a base policy that often writes wrong ones"},
                new String[] {"producer.runId", runId},
                new String[] {"producer.task", task},
                new String[] {"producer.split", ProgramPrompts.TRAIN},
                new String[] {"producer.seed", String.valueOf(seed)},
                new String[] {"producer.groupSize", "4"},
                new String[] {"producer.groupsPerBatch", "32"},
                new String[] {"producer.sampling.maxTokens", "24"},
                new String[] {"producer.backPressure.stopAbove", "64"},
                new String[] {"producer.backPressure.resumeBelow", "32"},
                new String[] {"producer.evaluation.split", ProgramPrompts.HELD_OUT},
                new String[] {"producer.evaluation.samplesPerPrompt", "2"},
                new String[] {
                    "scoring.scorers",
                    // Its vocabulary cannot say a hostile program, and warm workers that tests share score three times
                    // as many.
                    "[{kind: unit-tests, settings: {isolation: shared, allowUnsandboxed: " + !sandboxed
                            + "}, calls: {maxBatch: 128, maxDelay: 30ms, cacheSize: 50000}, maxInFlight: 512}]"
                },
                new String[] {"scoring.streams.stateFolder", streams.toString()},
                new String[] {"assembler.recipe.groupWait", "2m"},
                new String[] {"assembler.streams.stateFolder", streams.toString()},
                new String[] {"trainer.runId", runId},
                new String[] {"trainer.model", baseFolder.toString()},
                new String[] {"trainer.directory", runs.toString()},
                new String[] {"trainer.seed", String.valueOf(seed)},
                new String[] {"trainer.steps", String.valueOf(steps)},
                new String[] {"trainer.objective.name", "copg"},
                new String[] {"trainer.objective.beta", "0.12"},
                new String[] {"trainer.optimizer.learningRate", "3e-4"},
                new String[] {"trainer.optimizer.warmupSteps", "10"},
                new String[] {"trainer.optimizer.decay", "linear"},
                new String[] {"trainer.optimizer.beta1", "0.5"},
                new String[] {"trainer.batch.groups", "64"},
                new String[] {"trainer.batch.microBatch", "64"},
                new String[] {"trainer.evaluateEvery", "60"},
                new String[] {"trainer.checkpoint.every", "1"},
                new String[] {"trainer.checkpoint.keepLast", "3"})) {
            file = file.withDefault(setting[0], setting[1]);
        }
        return file;
    }

    /** The name of the prompts: which of them are held out depends on the seed. */
    static String task(long seed) {
        return "programs-" + seed;
    }
}
