package io.counterflow.cli.check;

import io.counterflow.cli.config.Binding;
import io.counterflow.cli.config.Binding.Fault;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.PluginException;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.trainer.batch.SourceMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Plug-ins, kinds of scorers, their settings, and the recipe that is made of their scores. */
final class ScorerChecks {

    private static final String SCORERS = "scoring.scorers";

    private final ConfigFile file;
    private final Scope scope;
    private final Binding<RunConfig> binding;
    private final Found found;

    ScorerChecks(ConfigFile file, Scope scope, Binding<RunConfig> binding, Found found) {
        this.file = file;
        this.scope = scope;
        this.binding = binding;
        this.found = found;
    }

    void check() {
        if (!scope.scores()) {
            return;
        }
        boolean plugins = true;
        ScorerCatalog catalog;
        Optional<String> folder = file.text("scoring.plugins");
        try {
            catalog = ScorerCatalog.of(folder.map(Path::of).orElse(null));
        } catch (IOException | PluginException | IllegalArgumentException e) {
            found.fault("scoring.plugins", e.getMessage());
            catalog = ScorerCatalog.onClassPath();
            plugins = false;
        }
        int scorers = file.size(SCORERS);
        for (int i = 0; i < scorers; i++) {
            String path = SCORERS + "." + i;
            Optional<ScorerConfig> scorer =
                    file.bindingAt(path, ScorerConfig.class).value();
            if (scorer.isPresent()) {
                scorer(path, scorer.get(), catalog, plugins);
            } else if (file.text(path + ".kind").isPresent()) {
                kind(path, file.text(path + ".kind").get(), catalog, plugins);
            }
        }
        if (scorers == 0 && scope == Scope.REWARD_SCORER && !file.has(SCORERS)) {
            ScorerCatalog known = catalog;
            found.fault("scoring", () -> known.check("unit-tests", Map.of()));
        }
        binding.value().ifPresent(config -> {
            if (!binding.faultyAt("scoring") && !binding.faultyAt("assembler")) {
                recipe(config);
            }
        });
    }

    private void scorer(String path, ScorerConfig scorer, ScorerCatalog catalog, boolean plugins) {
        Optional<ScorerFactory<?>> factory = kind(path, scorer.kind(), catalog, plugins);
        if (factory.isEmpty()) {
            return;
        }
        String settings = path + ".settings";
        List<Fault> wrong =
                file.bindingAt(settings, factory.get().configuration()).faults();
        found.faults().addAll(wrong);
        if (wrong.isEmpty()) {
            found.fault(
                    file.has(settings) ? settings : path,
                    new TreeMap<>(scorer.settings()).keySet(),
                    () -> catalog.check(scorer.kind(), scorer.settings()));
        }
        Duration limit = scorer.calls().timeLimit();
        if (limit != null && file.has("assembler.recipe.groupWait") && !binding.faultyAt("assembler")) {
            Duration wait =
                    binding.value().map(c -> c.assembler().recipe().groupWait()).orElse(limit);
            if (limit.compareTo(wait) > 0) {
                found.fault(
                        path + ".calls.timeLimit",
                        "one call may take longer than a group waits for its scores (assembler.recipe.groupWait), so"
                                + " that its scores would come too late");
            }
        }
    }

    /** The factory of a kind; that there is none is a fault. */
    private Optional<ScorerFactory<?>> kind(String path, String kind, ScorerCatalog catalog, boolean plugins) {
        Optional<ScorerFactory<?>> factory =
                catalog.factories().stream().filter(f -> f.name().equals(kind)).findFirst();
        // Where plug-ins could not be loaded, it may be one of theirs.
        if (factory.isEmpty() && plugins) {
            List<String> names =
                    catalog.factories().stream().map(ScorerFactory::name).toList();
            found.explain(
                    path + ".kind",
                    "no scorer '" + kind + "'"
                            + near(kind, names)
                                    .map(n -> "; did you mean '" + n + "'?")
                                    .orElse("; there are " + names
                                            + ", and jars with others go on the class path or into the folder"
                                            + " scoring.plugins"));
        }
        return factory;
    }

    /** A group would wait for a score that nothing gives; in the past of the log it may be there. */
    private void recipe(RunConfig config) {
        // Where something is wrong elsewhere, the recipe that the scorers make was not filled in.
        boolean filled =
                file.has("assembler.recipe.scorers") || binding.faults().isEmpty();
        if (!filled || scope == Scope.RESCORE || !file.has(SCORERS) && scope != Scope.REWARD_SCORER) {
            return;
        }
        List<ScorerId> here =
                config.scoring().scorers().stream().map(ScorerConfig::id).toList();
        List<ScorerId> absent = new ArrayList<>(config.scorersElsewhere());
        if (absent.isEmpty()) {
            return;
        }
        boolean offline = scope != Scope.SAMPLE
                && config.trainer() != null
                && config.trainer().source().mode() == SourceMode.OFFLINE;
        boolean severalProcesses = scope == Scope.REWARD_SCORER
                || scope == Scope.FILE && (config.log().bootstrapServers() != null || config.producer() == null);
        Recipe recipe = config.assembler().recipe();
        List<ScorerId> unused = here.stream()
                .filter(id -> recipe.scorers().stream().noneMatch(t -> t.id().equals(id)))
                .toList();
        boolean misspelt = absent.stream()
                .anyMatch(id -> unused.stream().anyMatch(other -> near(id.toString(), List.of(other.toString()))
                        .isPresent()));
        if (offline && !misspelt) {
            found.unchecked("whether the log has the scores of " + absent + ", which scoring.scorers does not make");
        } else if (severalProcesses && !misspelt) {
            found.unchecked("whether another reward-scorer gives the scores of " + absent);
        } else {
            found.told(
                    file.has("assembler.recipe.scorers") ? "assembler.recipe.scorers" : "assembler",
                    "assembler.recipe names " + absent + ", but scoring.scorers has only " + here
                            + "; groups would wait for scores that nothing gives");
        }
    }

    private static Optional<String> near(String name, List<String> known) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        return known.stream()
                .filter(other -> distance.apply(name, other) <= Math.max(2, name.length() / 4))
                .min((a, b) -> distance.apply(name, a) - distance.apply(name, b));
    }
}
