package io.counterflow.trainer.step;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.NonFiniteLogitsException;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.TokenSequence;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.GroupLoss;
import io.counterflow.trainer.objective.LogProbability;
import io.counterflow.trainer.objective.Objective;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.objective.ScoredCompletion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A policy being trained: weights, optimizer state, reference and objective.
 *
 * <p>Deterministic: the same steps with the same batches in the same order from the same state give the same bytes. The
 * batch's order is kept, micro-batches are filled in that order, and one thread does it all. Not thread-safe.
 */
public final class PolicyTraining implements AutoCloseable {

    /** The optimizer's file in a checkpoint, beside the model's. */
    public static final String OPTIMIZER_FILE = "optimizer.safetensors";

    private final String runId;
    private final LanguageModel policy;
    private final PolicyOptimizer optimizer;
    private final ReferencePolicy reference;
    private final ObjectiveConfig settings;
    private final Objective objective;
    private final int microBatch;

    /**
     * Takes over policy, optimizer and reference, and closes them.
     *
     * @param runId whose completions have a staleness
     * @param microBatch completions that go through the model at a time
     */
    public PolicyTraining(
            String runId,
            LanguageModel policy,
            PolicyOptimizer optimizer,
            ReferencePolicy reference,
            ObjectiveConfig settings,
            int microBatch) {
        this.runId = Objects.requireNonNull(runId, "runId");
        this.policy = Objects.requireNonNull(policy, "policy");
        this.optimizer = Objects.requireNonNull(optimizer, "optimizer");
        this.reference = Objects.requireNonNull(reference, "reference");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.objective = settings.objective();
        this.microBatch = microBatch;
    }

    /**
     * Applies a step.
     *
     * @param seed of what is random in the step: the dropout of an adapter
     * @throws StepFailedException where loss or gradient are not finite; the weights are then not to be used again
     */
    public StepOutcome apply(long step, long seed, double learningRate, List<TrainingGroup> batch) {
        BatchMetrics metrics = new BatchMetrics(runId, step);
        double loss = 0;
        try {
            for (List<TrainingGroup> part : parts(batch)) {
                loss += accumulate(step, seed, part, batch.size(), metrics);
            }
        } catch (NonFiniteLogitsException e) {
            throw new StepFailedException("step " + step + ": " + e.getMessage());
        }
        double norm = optimizer.step(learningRate);
        if (!Double.isFinite(norm)) {
            throw new StepFailedException("step " + step + ": the gradient's norm is " + norm
                    + ". A smaller optimizer.learningRate or a larger objective.beta keeps it finite");
        }
        return new StepOutcome(loss, norm, metrics.finish(settings.beta(), settings.rewardScale()));
    }

    /** Cuts a batch into runs of whole groups of at most {@code microBatch} completions. */
    private List<List<TrainingGroup>> parts(List<TrainingGroup> batch) {
        List<List<TrainingGroup>> parts = new ArrayList<>();
        int size = 0;
        for (TrainingGroup group : batch) {
            if (parts.isEmpty() || size + group.members().size() > microBatch) {
                parts.add(new ArrayList<>());
                size = 0;
            }
            parts.get(parts.size() - 1).add(group);
            size += group.members().size();
        }
        return parts;
    }

    private double accumulate(long step, long seed, List<TrainingGroup> part, int groupsInBatch, BatchMetrics metrics) {
        List<TokenSequence> sequences = new ArrayList<>();
        List<List<LogProbability>> references = new ArrayList<>();
        for (TrainingGroup group : part) {
            references.add(reference.of(group));
            for (TrainingMember member : group.members()) {
                sequences.add(new TokenSequence(group.promptTokenIds(), member.tokenIds()));
            }
        }
        double[] loss = new double[1];
        optimizer.accumulate(sequences, seed, policyTokens -> {
            List<float[]> upstream = new ArrayList<>(policyTokens.size());
            int next = 0;
            for (int g = 0; g < part.size(); g++) {
                TrainingGroup group = part.get(g);
                List<float[]> own =
                        policyTokens.subList(next, next + group.members().size());
                next += group.members().size();
                List<ScoredCompletion> scored = scored(group, own, references.get(g));
                GroupLoss groupLoss = objective.evaluate(scored);
                if (!Double.isFinite(groupLoss.loss())) {
                    throw new StepFailedException("step " + step + ": the loss is " + groupLoss.loss()
                            + " for the group at " + group.where()
                            + ". A smaller optimizer.learningRate or a larger objective.beta keeps it finite");
                }
                loss[0] += groupLoss.loss() / groupsInBatch;
                for (int i = 0; i < own.size(); i++) {
                    double[] gradient =
                            group.members().get(i).mask().spread(groupLoss.gradient()[i], own.get(i).length);
                    upstream.add(scaled(gradient, 1.0 / groupsInBatch));
                }
                metrics.add(group, unscaled(group, scored), groupLoss);
            }
            return upstream;
        });
        return loss[0];
    }

    /** As the objective sees them: with the tokens that the policy wrote, and no others. */
    private List<ScoredCompletion> scored(
            TrainingGroup group, List<float[]> policyTokens, List<LogProbability> references) {
        List<ScoredCompletion> scored = new ArrayList<>();
        for (int i = 0; i < policyTokens.size(); i++) {
            TrainingMember member = group.members().get(i);
            scored.add(new ScoredCompletion(
                    member.reward() * settings.rewardScale(),
                    LogProbability.ofTokens(member.mask().pick(policyTokens.get(i))),
                    references.get(i),
                    member.behaviourTokens() == null
                            ? LogProbability.ofSum(member.behaviourSum())
                            : LogProbability.ofTokens(member.mask().pick(member.behaviourTokens()))));
        }
        return scored;
    }

    /** Metrics speak of rewards as the recipe made them. */
    private static List<ScoredCompletion> unscaled(TrainingGroup group, List<ScoredCompletion> scored) {
        List<ScoredCompletion> unscaled = new ArrayList<>();
        for (int i = 0; i < scored.size(); i++) {
            ScoredCompletion completion = scored.get(i);
            unscaled.add(new ScoredCompletion(
                    group.members().get(i).reward(),
                    completion.policy(),
                    completion.reference(),
                    completion.behaviour()));
        }
        return unscaled;
    }

    private static float[] scaled(double[] gradient, double factor) {
        float[] scaled = new float[gradient.length];
        for (int t = 0; t < scaled.length; t++) {
            scaled[t] = (float) (gradient[t] * factor);
        }
        return scaled;
    }

    /** Writes what is trained and the optimizer's state into a folder: weights (Hugging Face layout), or the adapter (PEFT's). */
    public void save(Path folder) throws IOException {
        if (policy.hasAdapter()) {
            policy.saveAdapter(folder);
        } else {
            policy.save(folder);
        }
        optimizer.save(folder.resolve(OPTIMIZER_FILE));
    }

    /** SHA-256 of the weights as they would be saved: of {@code model.safetensors}, or {@code adapter_model.safetensors}. */
    public String weightsSha256() {
        return policy.policySha256();
    }

    public LanguageModel policy() {
        return policy;
    }

    @Override
    public void close() {
        reference.close();
        optimizer.close();
        policy.close();
    }
}
