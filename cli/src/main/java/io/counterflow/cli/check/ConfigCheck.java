package io.counterflow.cli.check;

import io.counterflow.cli.config.Binding;
import io.counterflow.cli.config.Binding.Fault;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A configuration, looked at from all sides.
 *
 * @param file as it was given
 * @param again checks another file in the same way
 * @param faults all that was found, those of the file's form first
 * @param unchecked what only a broker, a download or another machine can tell
 * @param remarks what is no fault, but will be asked for by one of the commands
 */
public record ConfigCheck(
        ConfigFile file,
        Function<ConfigFile, ConfigCheck> again,
        List<Fault> faults,
        List<String> unchecked,
        List<String> remarks) {

    private static final String HINT = "; 'counterflow init' writes a run.yaml to start from";

    public ConfigCheck {
        faults = List.copyOf(faults);
        unchecked = List.copyOf(unchecked);
        remarks = List.copyOf(remarks);
    }

    /**
     * Checks a file. What {@code run} fills in itself need not be there.
     *
     * @param folders the data directory, for what is kept there
     */
    public static ConfigCheck of(ConfigFile given, Scope scope, RunFolders folders) {
        ConfigFile file =
                given.withDefault("trainer.directory", quoted(folders.data().resolve("runs")));
        if (!given.has("trainer")) {
            file = given;
        }
        if (given.has("producer") || scope.wholeRun()) {
            file = file.withDefault("producer.runId", "a-run")
                    .withDefault("producer.task", "a-task")
                    .withDefault("producer.seed", "1");
        }
        Binding<RunConfig> binding = file.binding(RunConfig.class);
        if (binding.faults().isEmpty()) {
            file = RunConfig.withRecipeTerms(file);
            binding = file.binding(RunConfig.class);
        }
        Found found = new Found();
        List<Fault> faults = new ArrayList<>(binding.faults());
        Function<ConfigFile, ConfigCheck> again = other -> of(other, scope, folders);
        ConfigCheck check = new ConfigCheck(given, again, faults, List.of(), List.of());
        check.required(scope, binding, found);
        new ScorerChecks(file, scope, binding, found).check();
        Binding<RunConfig> bound = binding;
        binding.value().ifPresent(config -> {
            new ModelChecks(given, scope, bound, config, found).check();
            new PlaceChecks(scope, config, folders, found).check();
            new ContradictionChecks(given, scope, bound, config, found).check();
            source(bound, config, scope, found);
        });
        faults.removeIf(found::explains);
        faults.addAll(found.faults());
        return new ConfigCheck(given, again, faults, found.unchecked(), found.remarks());
    }

    /**
     * Does nothing where there is no fault.
     *
     * @throws io.counterflow.cli.config.ConfigException with all faults, each with its line
     */
    public void require() {
        file.require(faults, other -> again.apply(other).faults());
    }

    private static String quoted(Object value) {
        return "'" + value.toString().replace("'", "''") + "'";
    }

    /** What must be said, for which there is no default. */
    private void required(Scope scope, Binding<RunConfig> binding, Found found) {
        Optional<RunConfig> config = binding.value();
        SourceMode mode = config.map(RunConfig::trainer)
                .map(t -> t.source().mode())
                .filter(m -> scope != Scope.SAMPLE)
                .orElse(SourceMode.LIVE);
        List<Fault> missing = new ArrayList<>();
        boolean trains = scope.wholeRun() || scope == Scope.TRAINER || scope == Scope.FILE && file.has("trainer");
        if (trains) {
            want(binding, missing, "trainer.model", "the policy to start from: a folder, hf:org/name or stories15m");
        }
        found.faults().addAll(missing);
        missing.clear();
        boolean whole = scope.wholeRun() || scope == Scope.FILE && file.has("trainer") && file.has("producer");
        if (whole && !(mode == SourceMode.OFFLINE && !file.has("scoring.scorers") && !file.has("producer"))) {
            want(binding, missing, "scoring.scorers", "name what rewards are made of");
            if (mode != SourceMode.OFFLINE && scope != Scope.SAMPLE) {
                want(binding, missing, "trainer.steps", "after how many steps the run ends");
            }
            if (!file.has("producer.task") && !file.has("prompts.0.file") && !file.has("prompts.0")) {
                missing.add(Fault.at(
                        "producer.task",
                        "there are neither prompts (files) nor a producer.task (prompts that were imported)" + HINT));
            }
        }
        if (scope == Scope.FILE) {
            missing.forEach(f -> found.remark("'counterflow run' would refuse it: " + f.message()));
        } else {
            found.faults().addAll(missing);
        }
    }

    private void want(Binding<RunConfig> binding, List<Fault> missing, String path, String meaning) {
        String key = path.substring(path.lastIndexOf('.') + 1);
        // A misspelt one was reported as what it is.
        String pointer = "/" + path.replace('.', '/');
        boolean meant = binding.faults().stream()
                .anyMatch(f -> f.message().contains("'" + key + "'") || pointer.startsWith(f.pointer() + "/"));
        if (!file.has(path) && !meant) {
            missing.add(Fault.at(path, path + " is not set: " + meaning + HINT));
        }
    }

    private static void source(Binding<RunConfig> binding, RunConfig config, Scope scope, Found found) {
        if (config.trainer() == null
                || !scope.trains()
                || scope == Scope.SAMPLE
                || binding.faultyAt("trainer.source")) {
            return;
        }
        SourceConfig source = config.trainer().source();
        Optional<Instant> from = time("trainer.source.from", source.from(), found);
        Optional<Instant> until = time("trainer.source.until", source.until(), found);
        if (from.isPresent() && until.isPresent() && !from.get().isBefore(until.get())) {
            found.fault("trainer.source.until", "is " + source.until() + ", not after from, which is " + source.from());
        }
        if (source.mode() != SourceMode.LIVE) {
            found.unchecked("whether the log has groups of "
                    + (source.runs().isEmpty() ? "any run" : "the runs " + source.runs()) + " in " + source.topic()
                    + (source.recipe() == null ? "" : " of recipe " + source.recipe()));
        }
    }

    private static Optional<Instant> time(String key, String text, Found found) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException e) {
            found.fault(key, "'" + text + "' is no time; write it like 2026-11-21T08:00:00Z");
            return Optional.empty();
        }
    }
}
