package io.counterflow.cli.check;

import ai.djl.util.cuda.CudaUtils;
import io.counterflow.cli.config.Binding;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.run.MemoryCheck;
import io.counterflow.cli.run.PromptFile;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.imports.prompts.PromptColumns;
import io.counterflow.imports.prompts.PromptImporter;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.inspection.FolderInspection;
import io.counterflow.model.source.CheckpointSources;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.producer.ProducerConfig;
import io.counterflow.producer.source.SamplingConfig;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.batch.SourceMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/** The policy, its reference, the tokenizer of a server's model, and the prompts that they are to answer. */
final class ModelChecks {

    private final ConfigFile file;
    private final Scope scope;
    private final Binding<RunConfig> binding;
    private final RunConfig config;
    private final Found found;

    ModelChecks(ConfigFile file, Scope scope, Binding<RunConfig> binding, RunConfig config, Found found) {
        this.file = file;
        this.scope = scope;
        this.binding = binding;
        this.config = config;
        this.found = found;
    }

    void check() {
        Optional<FolderInspection.Policy> policy = Optional.empty();
        TrainerConfig trainer = config.trainer();
        if (scope.trains() && trainer != null && trainer.model() != null && !binding.faultyAt("trainer.model")) {
            policy = policy("trainer.model", trainer.model());
            Optional<FolderInspection.Policy> reference =
                    trainer.reference() == null ? Optional.empty() : policy("trainer.reference", trainer.reference());
            policy.ifPresent(p -> fits(trainer, p, reference));
            device("trainer.compute.device", trainer.compute().device());
        }
        ProducerConfig producer = config.producer();
        if (scope.samples() && producer != null && !binding.faultyAt("producer")) {
            producer(producer, policy);
        }
        if (scope == Scope.FILE || scope.wholeRun()) {
            prompts(policy);
        }
    }

    private Optional<FolderInspection.Policy> policy(String path, String name) {
        AtomicReference<FolderInspection.Policy> policy = new AtomicReference<>();
        found.fault(path, () -> {
            Optional<Path> folder = CheckpointSources.ofEnvironment().withoutFetching(name);
            if (folder.isEmpty()) {
                found.unchecked(path + " " + name + ", which is fetched when it is needed");
            } else if (scope != Scope.SAMPLE && CheckpointParts.isAdapter(folder.get())) {
                throw new IllegalArgumentException(folder.get()
                        + " is a LoRA adapter; a run starts from whole weights, which its reference policy is: 'counterflow"
                        + " model merge' makes them of the adapter and its base");
            } else {
                policy.set(FolderInspection.policy(folder.get()));
            }
        });
        return Optional.ofNullable(policy.get());
    }

    private void fits(
            TrainerConfig trainer, FolderInspection.Policy policy, Optional<FolderInspection.Policy> reference) {
        Path folder = CheckpointSources.ofEnvironment()
                .withoutFetching(trainer.model())
                .orElseThrow();
        int before = found.faults().size();
        if (trainer.lora() != null && !binding.faultyAt("trainer.lora")) {
            found.fault("trainer.lora", List.of("targetModules"), () -> trainer.lora()
                    .parameters(policy.config(), folder));
        }
        reference
                .filter(r -> r.config().vocabularySize() != policy.config().vocabularySize())
                .ifPresent(r -> found.fault(
                        "trainer.reference",
                        "has " + r.config().vocabularySize() + " tokens, and the model has "
                                + policy.config().vocabularySize() + "; both must be of one vocabulary"));
        if (found.faults().size() > before
                || trainer.reference() != null && reference.isEmpty()
                || scope == Scope.SAMPLE
                || binding.faultyAt("trainer")) {
            return;
        }
        boolean samplesHere = scope != Scope.TRAINER
                && config.producer() != null
                && config.producer().openAi() == null;
        try {
            new MemoryCheck().check(trainer.withModel(folder), samplesHere);
        } catch (ConfigException e) {
            if (scope == Scope.FILE) {
                found.remark(e.getMessage());
            } else {
                found.fault("trainer.model", e.getMessage());
            }
        }
    }

    private void producer(ProducerConfig producer, Optional<FolderInspection.Policy> policy) {
        Optional<Integer> context = policy.map(p -> p.config().maxPositions()).filter(c -> producer.openAi() == null);
        if (producer.openAi() != null) {
            context = Optional.of(producer.openAi().contextLength());
            Path folder = Path.of(producer.openAi().tokenizer());
            found.fault("producer.openAi", List.of("tokenizer"), () -> {
                if (!Files.isDirectory(folder)) {
                    throw new IllegalArgumentException("tokenizer " + folder + " is no folder");
                }
                Tokenizer.load(folder).close();
            });
            String variable = producer.openAi().apiKeyVariable();
            if (variable != null && System.getenv(variable) == null) {
                found.fault(
                        "producer.openAi.apiKeyVariable",
                        "environment variable " + variable + " is not set; it should hold the key");
            }
        } else {
            device("producer.compute.device", producer.compute().device());
        }
        context.ifPresent(c -> {
            room("producer.sampling.maxTokens", producer.sampling(), c);
            if (producer.evaluation().sampling() != null) {
                room(
                        "producer.evaluation.sampling.maxTokens",
                        producer.evaluation().sampling(),
                        c);
            }
        });
        TrainerConfig trainer = config.trainer();
        if (scope != Scope.SAMPLE
                && trainer != null
                && trainer.source().mode() != SourceMode.OFFLINE
                && file.has("producer.backPressure.stopAbove")
                && producer.backPressure().stopAbove() > 0
                && producer.backPressure().stopAbove() < trainer.batch().groups()) {
            found.fault(
                    "producer.backPressure.stopAbove",
                    "is " + producer.backPressure().stopAbove() + ", and the trainer waits for the "
                            + trainer.batch().groups()
                            + " groups of a step (trainer.batch.groups); it must be at least as many");
        }
    }

    private void room(String path, SamplingConfig sampling, int context) {
        boolean offline = scope != Scope.SAMPLE
                && config.trainer() != null
                && config.trainer().source().mode() == SourceMode.OFFLINE;
        if (offline && !file.has(path)) {
            // Held-out prompts alone would be sampled, of which there may be none.
            return;
        }
        if (sampling.maxTokens() >= context) {
            found.told(
                    path,
                    path + " is " + sampling.maxTokens() + ", and the model's context of " + context
                            + " tokens has no room for a prompt beside as many");
        }
    }

    private void device(String path, String device) {
        int devices = device.contains("cuda") ? CudaUtils.getGpuCount() : 0;
        for (String one : device.split(",")) {
            int wanted = one.equals("cuda") ? 0 : one.startsWith("cuda:") ? Integer.parseInt(one.substring(5)) : -1;
            if (wanted >= devices) {
                String message = "is " + device + ", and this machine has "
                        + (devices == 0 ? "no GPU" : "GPUs up to cuda:" + (devices - 1)) + " that can be used";
                if (scope == Scope.FILE) {
                    found.remark(path + " " + message);
                } else {
                    found.fault(path, message);
                }
                return;
            }
        }
    }

    private void prompts(Optional<FolderInspection.Policy> policy) {
        if (binding.faultyAt("prompts")) {
            return;
        }
        SortedMap<String, Long> splits = new TreeMap<>();
        int before = found.faults().size();
        for (int i = 0; i < config.prompts().size(); i++) {
            PromptFile prompts = config.prompts().get(i);
            String path = "prompts." + i;
            found.fault(path, List.of("promptColumn"), () -> {
                PromptImporter.Result result = PromptImporter.read(
                        prompts.file(),
                        config.producer() == null ? "a-task" : config.producer().task(),
                        Optional.ofNullable(prompts.split()),
                        new PromptColumns(prompts.promptColumn(), prompts.columns(), prompts.metadata()),
                        prompts.onBadLine(),
                        Instant.EPOCH,
                        prompt -> {
                            splits.merge(prompt.getSplit(), 1L, Long::sum);
                            if (prompt.getMessages() != null
                                    && !prompt.getMessages().isEmpty()
                                    && policy.isPresent()
                                    && !policy.get().chatTemplate()
                                    && config.producer() != null
                                    && config.producer().openAi() == null) {
                                throw new ConfigException(prompts.file()
                                        + " has chat messages, and the model has no chat template to spell them with");
                            }
                        });
                if (result.imported() == 0) {
                    throw new ConfigException(prompts.file() + " has no prompts"
                            + (result.badLines().isEmpty()
                                    ? ""
                                    : ": all of its lines are broken, the first at "
                                            + result.badLines().get(0)));
                }
            });
        }
        if (!splits.isEmpty() && found.faults().size() == before) {
            splits(splits);
        }
    }

    /** A producer whose split has no prompts would wait for them, and a trainer whose producer has gone through its prompts for more groups. */
    private void splits(SortedMap<String, Long> splits) {
        ProducerConfig producer = config.producer();
        TrainerConfig trainer = config.trainer();
        boolean live =
                scope == Scope.SAMPLE || trainer != null && trainer.source().mode() == SourceMode.LIVE;
        if (!live || producer == null || binding.faultyAt("producer")) {
            return;
        }
        if (splits.containsKey(producer.split())) {
            enough(producer, splits.get(producer.split()));
            return;
        }
        String message = "the files have prompts of " + String.join(", ", splits.keySet()) + " alone, and the split "
                + producer.split() + " is sampled from";
        if (file.has("producer.task")) {
            found.unchecked("whether the log has prompts to sample from: " + message + " (producer.split)");
        } else {
            found.fault("prompts", message + " (producer.split); add a file of that split, or set producer.split");
        }
    }

    private void enough(ProducerConfig producer, long prompts) {
        TrainerConfig trainer = config.trainer();
        if (scope == Scope.SAMPLE
                || producer.maxPasses() == 0
                || file.has("producer.task")
                || trainer.steps() == null
                || binding.faultyAt("trainer")) {
            return;
        }
        long groups = producer.maxPasses() * prompts;
        long needed = trainer.steps() * trainer.batch().groups();
        if (groups < needed) {
            found.fault(
                    "producer.maxPasses",
                    "is " + producer.maxPasses() + ", which makes " + groups + " groups of the " + prompts
                            + " prompts to learn from, and the " + trainer.steps() + " steps of "
                            + trainer.batch().groups() + " groups need " + needed
                            + " (trainer.steps, trainer.batch.groups)");
        }
    }
}
