package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.log.RunFolders.RunFolder;
import io.counterflow.cli.model.NamedCheckpoints;
import io.counterflow.cli.progress.Stages;
import io.counterflow.imports.prompts.PromptColumns;
import io.counterflow.imports.prompts.PromptImporter;
import io.counterflow.log.lines.BadLine;
import io.counterflow.model.source.WeightsGuard;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.batch.SourceMode;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** A run as the user's file describes it: what the file leaves open is filled in, prompts are imported, models fetched. */
public final class ConfiguredRun implements RunPreparation {

    private static final String HINT = "; 'counterflow init' writes a run.yaml to start from";

    private final RunFolders folders;
    private final RunFolder run;
    private final ConfigFile user;
    private final InstantSource clock;
    private final boolean samplesOnly;

    /** @param user the file with what the command line says on top; read only where the run begins */
    public ConfiguredRun(RunFolders folders, RunFolder run, ConfigFile user, InstantSource clock) {
        this(folders, run, user, clock, false);
    }

    /** A run that samples and scores, and trains nothing. */
    public static ConfiguredRun sampling(RunFolders folders, RunFolder run, ConfigFile user, InstantSource clock) {
        return new ConfiguredRun(folders, run, user, clock, true);
    }

    private ConfiguredRun(
            RunFolders folders, RunFolder run, ConfigFile user, InstantSource clock, boolean samplesOnly) {
        this.samplesOnly = samplesOnly;
        this.folders = Objects.requireNonNull(folders, "folders");
        this.run = Objects.requireNonNull(run, "run");
        this.user = Objects.requireNonNull(user, "user");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public int stages() {
        return 2;
    }

    @Override
    public ConfigFile configuration(Stages stages) {
        ConfigFile file = user.with("trainer.runId=" + quoted(run.runId()))
                .withDefault("trainer.directory", quoted(folders.data().resolve("runs")))
                .withDefault("trainer.seed", "1");
        require(file, "trainer.model", "the policy to start from: a folder, hf:org/name or stories15m");
        if (samplesOnly) {
            // The file may be one for runs that learn from these samples: what it says of learning is not for this one.
            file = file.with("trainer.source={mode: live}").with("trainer.optimizer={decay: constant}");
        }
        SourceMode mode =
                SourceMode.fromConfigName(file.text("trainer.source.mode").orElse("live"));
        boolean scored = file.has("scoring.scorers");
        if (mode == SourceMode.OFFLINE && !scored && !file.has("producer")) {
            return file;
        }
        if (!scored) {
            throw new ConfigException("scoring.scorers is not set: name what rewards are made of" + HINT);
        }
        if (mode != SourceMode.OFFLINE && !samplesOnly) {
            require(file, "trainer.steps", "after how many steps the run ends");
        }
        file = withRecipe(withProducer(file, mode))
                .withDefault(
                        "scoring.streams.stateFolder", quoted(folders.data().resolve("streams")))
                .withDefault(
                        "assembler.streams.stateFolder", quoted(folders.data().resolve("streams")));
        String recipe = file.text("assembler.recipe.name").orElseThrow();
        // A topic of its own has the groups of one recipe, which need not be the one that evaluations are rewarded by.
        boolean another = file.has("trainer.source.topic");
        return mode == SourceMode.LIVE || another ? file : file.withDefault("trainer.source.recipe", recipe);
    }

    private ConfigFile withProducer(ConfigFile user, SourceMode mode) {
        ConfigFile file = user.with("producer.runId=" + quoted(run.runId()))
                .withDefault("producer.seed", user.text("trainer.seed").orElse("1"));
        if (file.text("producer.task").isEmpty()) {
            file = file.with("producer.task="
                    + quoted(file.text("prompts.0.file")
                            .map(ConfiguredRun::stem)
                            .orElseThrow(() -> new ConfigException(
                                    "there are neither prompts (files) nor a producer.task (prompts that were imported)"
                                            + HINT))));
        }
        if (mode == SourceMode.OFFLINE) {
            return file.withDefault("producer.evaluateOnly", "true");
        }
        if (samplesOnly) {
            return file.withDefault("producer.maxPasses", "1")
                    .with("producer.backPressure={stopAbove: 0, resumeBelow: 0}");
        }
        // As many as a step takes, and no more: what waits longer is stale when its turn comes.
        int groups = RunConfig.of(file).trainer().batch().groups();
        return file.withDefault("producer.backPressure.stopAbove", String.valueOf(groups))
                .withDefault("producer.backPressure.resumeBelow", String.valueOf(groups / 2))
                .withDefault("producer.groupsPerBatch", String.valueOf(Math.max(1, Math.min(32, groups / 2))));
    }

    /** A name made of the content keeps rewards of other recipes apart. */
    private static ConfigFile withRecipe(ConfigFile user) {
        ConfigFile file = RunConfig.withRecipeTerms(user);
        Recipe recipe = RunConfig.of(file).assembler().recipe();
        return file.withDefault(
                "assembler.recipe.name", "recipe-" + recipe.sha256().substring(0, 8));
    }

    @Override
    public RunConfig prepare(Stages stages, LogAccess access, RunConfig config) {
        requireScorers(config);
        RunConfig here = withModels(config);
        stages.done("policy: " + config.trainer().model()
                + (here.trainer().model().equals(config.trainer().model())
                        ? ""
                        : ", in " + here.trainer().model()));
        if (config.prompts().isEmpty() || config.producer() == null) {
            stages.done("prompts: none to import");
            return here;
        }
        long imported = 0;
        long duplicates = 0;
        long broken = 0;
        for (PromptFile prompts : config.prompts()) {
            PromptImporter.Result result = new PromptImporter(access.log(), clock)
                    .importFile(
                            prompts.file(),
                            config.producer().task(),
                            Optional.ofNullable(prompts.split()),
                            new PromptColumns(prompts.promptColumn(), prompts.columns(), prompts.metadata()),
                            prompts.onBadLine());
            if (result.imported() == 0) {
                throw new ConfigException(prompts.file() + " has no prompts"
                        + (result.badLines().isEmpty()
                                ? ""
                                : ": all of its lines are broken, the first at "
                                        + result.badLines().get(0)));
            }
            for (BadLine line : result.badLines()) {
                stages.note(prompts.file() + ", " + line + " (skipped)");
            }
            imported += result.imported();
            duplicates += result.duplicates();
            broken += result.badLines().size();
        }
        stages.done(String.format(
                Locale.ROOT,
                "prompts: %d of task %s in the log%s%s",
                imported,
                config.producer().task(),
                duplicates == 0 ? "" : ", " + duplicates + " lines were duplicates",
                broken == 0 ? "" : ", " + broken + " broken"));
        return here;
    }

    /** A group would wait for a score that nothing gives; in the past of the log it may be there. */
    private static void requireScorers(RunConfig config) {
        if (config.producer() == null || config.trainer().source().mode() == SourceMode.OFFLINE) {
            return;
        }
        List<ScorerId> absent = config.scorersElsewhere();
        if (!absent.isEmpty()) {
            throw new ConfigException("assembler.recipe names " + absent + ", but scoring.scorers has only "
                    + config.scoring().scorers().stream().map(ScorerConfig::id).toList()
                    + "; groups would wait for scores that nothing gives");
        }
    }

    /** The policy comes last: what it is learned with decides whether there is memory for it. */
    private static RunConfig withModels(RunConfig config) {
        TrainerConfig trainer = config.trainer();
        TrainerConfig compared = trainer.reference() == null
                ? trainer
                : trainer.withReference(folder(trainer.reference(), WeightsGuard.NONE));
        WeightsGuard guard = policy -> new MemoryCheck().check(config.withTrainer(compared.withModel(policy)));
        return config.withTrainer(compared.withModel(folder(trainer.model(), guard)));
    }

    private static Path folder(String name, WeightsGuard guard) {
        return NamedCheckpoints.find(name, guard).toAbsolutePath().normalize();
    }

    /** As YAML, whatever is in it. */
    private static String quoted(Object value) {
        return "'" + value.toString().replace("'", "''") + "'";
    }

    private static String stem(String file) {
        String name = Path.of(file).getFileName().toString();
        int dot = name.indexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static void require(ConfigFile file, String key, String meaning) {
        if (!file.has(key)) {
            throw new ConfigException(key + " is not set: " + meaning + HINT);
        }
    }
}
