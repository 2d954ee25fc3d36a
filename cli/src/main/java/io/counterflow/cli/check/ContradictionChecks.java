package io.counterflow.cli.check;

import io.counterflow.cli.config.Binding;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.producer.ProducerConfig;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.trainer.AbortConfig;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.objective.Likelihood;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.objective.ObjectiveName;
import java.nio.file.Files;
import java.util.Optional;
import java.util.Set;

/**
 * Settings each of which is possible, and which together are not: that contradict each other, so that a run would wait for ever or learn nothing, or
 * that nothing uses, so that a user would believe in an effect that they do not have. A run that was recorded with such settings is none the worse:
 * they are looked at where a configuration is read, and not by the records that it is bound to.
 */
final class ContradictionChecks {

    private static final Set<ObjectiveName> CLIPPED =
            Set.of(ObjectiveName.RLOO, ObjectiveName.GRPO, ObjectiveName.DR_GRPO);

    private static final Set<ObjectiveName> BY_ORDER =
            Set.of(ObjectiveName.DPO, ObjectiveName.IPO, ObjectiveName.IPO_LENGTH_NORMALISED, ObjectiveName.SFT);

    private final ConfigFile file;
    private final Scope scope;
    private final Binding<RunConfig> binding;
    private final RunConfig config;
    private final Found found;

    ContradictionChecks(ConfigFile file, Scope scope, Binding<RunConfig> binding, RunConfig config, Found found) {
        this.file = file;
        this.scope = scope;
        this.binding = binding;
        this.config = config;
        this.found = found;
    }

    void check() {
        TrainerConfig trainer = binding.faultyAt("trainer") ? null : config.trainer();
        ProducerConfig producer = binding.faultyAt("producer") ? null : config.producer();
        boolean learns = scope.trains() && scope != Scope.SAMPLE;
        if (learns && trainer != null && !goesOn(trainer)) {
            objective(trainer.objective());
            source(trainer.source());
            if (trainer.abort().maxKl() == null
                    && !trainer.abort().patience().equals(AbortConfig.defaults().patience())) {
                unused("trainer.abort.patience", "without trainer.abort.maxKl");
            }
        }
        if (scope.scores() && !binding.faultyAt("assembler")) {
            RecipeCheck.fault(config.assembler().recipe())
                    .ifPresent(fault -> found.fault("assembler.recipe.scorers", fault));
        }
        if (scope == Scope.FILE || scope.wholeRun()) {
            names();
        }
        boolean inOneProcess = scope == Scope.RUN
                || scope == Scope.FILE && config.log().bootstrapServers() == null && file.has("producer");
        if (inOneProcess
                && trainer != null
                && producer != null
                && trainer.source().mode() == SourceMode.LIVE) {
            live(trainer, producer);
        }
        if (config.metrics().port() == null && file.has("metrics.host")) {
            unused("metrics.host", "without metrics.port");
        }
    }

    /** A trainer alone is started again with the same file, which must say what the run began with. */
    private boolean goesOn(TrainerConfig trainer) {
        return scope == Scope.TRAINER && trainer.runId() != null && Files.isDirectory(trainer.checkpointFolder());
    }

    private void objective(ObjectiveConfig objective) {
        ObjectiveConfig none = ObjectiveConfig.of(objective.name(), objective.beta());
        String name = "by " + objective.name().configName();
        if (objective.clip() != null && !CLIPPED.contains(objective.name())) {
            unused("trainer.objective.clip", name + ", only by rloo, grpo and dr-grpo");
        }
        if (!objective.eta().equals(none.eta()) && objective.name() != ObjectiveName.REBEL) {
            unused("trainer.objective.eta", name + ", only by rebel");
        }
        if (!objective.rewardScale().equals(none.rewardScale()) && BY_ORDER.contains(objective.name())) {
            unused("trainer.objective.rewardScale", name + ", to which the order of the rewards is all");
        }
        boolean imitates = objective.name() == ObjectiveName.SFT;
        if (imitates
                && !objective
                        .beta()
                        .equals(ObjectiveConfig.of(objective.name(), 0.1).beta())) {
            unused("trainer.objective.beta", name + ", which compares with no reference policy");
        }
        if (objective.likelihoodOf() != Likelihood.Chosen.BEST && !imitates && objective.likelihoodWeight() == 0) {
            unused("trainer.objective.likelihoodOf", name + " without a likelihoodWeight");
        }
    }

    private void source(SourceConfig source) {
        String mode = "with source.mode " + source.mode().configName();
        if (source.mode() != SourceMode.OFFLINE) {
            if (source.epochs() > 1) {
                unused("trainer.source.epochs", mode + ", only offline");
            }
            if (!source.shuffle()) {
                unused("trainer.source.shuffle", mode + ", only offline");
            }
        }
        if (source.stopAtEnd() && source.mode() != SourceMode.FOLLOW) {
            unused("trainer.source.stopAtEnd", mode + ", only with follow");
        }
    }

    private void names() {
        Optional<String> sampled = file.text("producer.runId");
        Optional<String> trained = file.text("trainer.runId");
        if (sampled.isPresent() && trained.isPresent() && !sampled.equals(trained)) {
            found.fault(
                    "producer.runId",
                    "is " + sampled.get() + ", and trainer.runId is " + trained.get()
                            + "; one run has one name, so set both to the same, or leave out producer.runId");
        }
    }

    /** What would let the trainer wait for groups that never come. */
    private void live(TrainerConfig trainer, ProducerConfig producer) {
        SourceConfig source = trainer.source();
        if (producer.evaluateOnly()) {
            found.fault(
                    "producer.evaluateOnly",
                    "is true, and with trainer.source.mode live nothing is learned from but what the producer samples;"
                            + " leave it out, or learn from the log (offline, follow)");
        }
        String topic = config.assembler().topic();
        if (!source.topic().equals(topic)) {
            found.fault(
                    file.has("trainer.source.topic") ? "trainer.source.topic" : "assembler.topic",
                    "the trainer learns from " + source.topic() + ", and the groups of this run go to " + topic
                            + " (trainer.source.topic, assembler.topic); live, both must be the same");
        }
        recipe(source);
        long needed =
                trainer.steps() == null ? 0 : trainer.steps() * trainer.batch().groups();
        if (producer.maxGroups() > 0 && producer.maxGroups() < needed) {
            found.fault(
                    "producer.maxGroups",
                    "is " + producer.maxGroups() + ", and the " + trainer.steps() + " steps of "
                            + trainer.batch().groups() + " groups need " + needed
                            + " (trainer.steps, trainer.batch.groups)");
        }
    }

    private void recipe(SourceConfig source) {
        if (source.recipe() == null || binding.faultyAt("assembler")) {
            return;
        }
        Recipe recipe = config.assembler().recipe();
        String[] wanted = source.recipe().split("@", 2);
        // The recipe of a file without a name is named by what is in it, once that is complete.
        boolean named = file.has("assembler.recipe.name");
        if (named && !recipe.name().equals(wanted[0]) || !named && !wanted[0].matches("recipe-[0-9a-f]{8}")) {
            found.fault(
                    "trainer.source.recipe",
                    "is " + source.recipe() + ", and the groups of this run are made by "
                            + (named ? recipe.name() : "a recipe without a name")
                            + " (assembler.recipe.name), so that none would be learned from");
        }
    }

    private void unused(String key, String where) {
        found.fault(key, "is not used " + where + "; leave it out");
    }
}
