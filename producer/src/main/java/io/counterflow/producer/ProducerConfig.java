package io.counterflow.producer;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.model.ComputeConfig;
import io.counterflow.model.tokenizer.chat.TemplateVariables;
import io.counterflow.producer.source.OpenAiConfig;
import io.counterflow.producer.source.SamplingConfig;
import java.util.Map;

/** What the producer samples. Nulls stand for the defaults; the run and the task have none. */
public record ProducerConfig(
        @JsonPropertyDescription("The run that is sampled for, e.g. r-20261121-074800-ab12.")
        String runId,

        @JsonPropertyDescription("Task whose prompts are sampled, as named at their import.")
        String task,

        @JsonPropertyDescription("Split of the task that is sampled for training. Default: train.")
        String split,

        @JsonPropertyDescription("Completions of each prompt in a pass (k). Default: 2.")
        Integer groupSize,

        @JsonPropertyDescription("Groups that are sampled together and published in one transaction. Default: 16.")
        Integer groupsPerBatch,

        @JsonPropertyDescription("Ends after going through the prompts this often; 0 goes on until the run's last"
                + " policy. Default: 0.")
        Integer maxPasses,

        @JsonPropertyDescription("Ends when the log holds this many training groups of the run in this instance's"
                + " partitions; 0 goes on until the run's last policy. Default: 0.")
        Long maxGroups,

        @JsonPropertyDescription(
                "Seed of the order of the prompts and of every sample. A resumed run keeps it. Default: 0.")
        Long seed,

        @JsonPropertyDescription("Name of this instance among the producers of the run; each has its own, and keeps it"
                + " when it is restarted. They share the prompts by partition. Default: 0.")
        String instance,

        @JsonPropertyDescription("How completions are sampled.")
        SamplingConfig sampling,

        @JsonPropertyDescription("Samples of held-out prompts.")
        EvaluationConfig evaluation,

        @JsonPropertyDescription("When to wait for the trainer.")
        BackPressureConfig backPressure,

        @JsonPropertyDescription("On what the run's own policy is computed, and how.")
        ComputeConfig compute,

        @JsonPropertyDescription("Sample from a server with OpenAI's API. Default: from the run's own policy, here.")
        OpenAiConfig openAi,

        @JsonPropertyDescription("Samples held-out prompts alone, for evaluation, and nothing to learn from: for runs"
                + " that learn from what is in the log. Default: false.")
        Boolean evaluateOnly,

        @JsonPropertyDescription("Variables of the chat template, e.g. {enable_thinking: false}. Default: none.")
        Map<String, Object> templateVariables) {

    public ProducerConfig {
        split = split == null ? "train" : split;
        groupSize = groupSize == null ? 2 : groupSize;
        groupsPerBatch = groupsPerBatch == null ? 16 : groupsPerBatch;
        maxPasses = maxPasses == null ? 0 : maxPasses;
        maxGroups = maxGroups == null ? 0L : maxGroups;
        seed = seed == null ? 0L : seed;
        instance = instance == null ? "0" : instance;
        sampling = sampling == null ? new SamplingConfig(null, null, null, null, null, null) : sampling;
        evaluation = evaluation == null ? EvaluationConfig.defaults() : evaluation;
        backPressure = backPressure == null ? BackPressureConfig.defaults() : backPressure;
        compute = compute == null ? ComputeConfig.defaults() : compute;
        evaluateOnly = evaluateOnly == null ? false : evaluateOnly;
        templateVariables = templateVariables == null ? Map.of() : Map.copyOf(templateVariables);
        TemplateVariables.of(templateVariables);
        require(runId != null && runId.matches("[A-Za-z0-9._-]{1,150}"), "runId", runId, "letters, digits, . _ -");
        require(task != null && !task.isBlank(), "task", task, "the name of a task");
        require(
                groupSize >= 2 && groupSize <= 100_000,
                "groupSize",
                groupSize,
                "at most 100000 and at least 2: one completion has nothing to be compared with");
        require(
                groupsPerBatch >= 1 && groupsPerBatch <= 1_000_000,
                "groupsPerBatch",
                groupsPerBatch,
                "at least 1 and at most 1000000");
        require(
                maxPasses >= 0 && maxPasses <= 1_000_000_000,
                "maxPasses",
                maxPasses,
                "0 or more and at most 1000000000");
        require(
                maxGroups >= 0 && maxGroups <= 1_000_000_000_000L,
                "maxGroups",
                maxGroups,
                "0 or more and at most 1000000000000");
        require(instance.matches("[A-Za-z0-9._-]{1,100}"), "instance", instance, "letters, digits, . _ -");
        require(
                !split.equals(evaluation.split()),
                "split",
                split,
                "another than evaluation.split, or the run is evaluated on what it learned");
    }

    /** With defaults for everything that has one. */
    public static ProducerConfig of(String runId, String task, int groupSize, long seed) {
        return new ProducerConfig(
                runId, task, null, groupSize, null, null, null, seed, null, null, null, null, null, null, null, null);
    }

    SamplingConfig evaluationSampling() {
        return evaluation.sampling() == null ? sampling : evaluation.sampling();
    }

    private static void require(boolean condition, String key, Object value, String allowed) {
        if (!condition) {
            throw new IllegalArgumentException("producer." + key + " is " + value + ", must be " + allowed);
        }
    }
}
