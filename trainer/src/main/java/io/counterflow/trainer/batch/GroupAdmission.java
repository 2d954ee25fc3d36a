package io.counterflow.trainer.batch;

import java.util.Objects;
import java.util.Optional;

/**
 * The rules of a run: fits the vocabulary and the context, has what the objective reads, is not too stale, and was rewarded by
 * the run's recipe.
 *
 * @param runId the run; only completions of its own policies have a staleness
 * @param vocabularySize tokens that the policy knows
 * @param contextLength positions that it has
 * @param needsBehaviourTokens whether the objective reads the behaviour log-probability of every token
 * @param maxStaleness policy versions between sampling and training; null for no limit
 * @param recipe what rewarded the groups that the run learns from
 */
public record GroupAdmission(
        String runId,
        int vocabularySize,
        int contextLength,
        boolean needsBehaviourTokens,
        Integer maxStaleness,
        RunRecipe recipe)
        implements Admission {

    public GroupAdmission {
        Objects.requireNonNull(runId, "runId");
        Objects.requireNonNull(recipe, "recipe");
    }

    @Override
    public Optional<String> refusal(TrainingGroup group, long step) {
        Optional<String> refusal = recipe.refusal(group).or(() -> unusable(group, step));
        if (refusal.isEmpty()) {
            recipe.use(group);
        }
        return refusal;
    }

    private Optional<String> unusable(TrainingGroup group, long step) {
        checkVocabulary(group, group.promptTokenIds(), "its prompt");
        for (TrainingMember member : group.members()) {
            checkVocabulary(group, member.tokenIds(), "completion " + member.completionId());
            if (needsBehaviourTokens && member.behaviourTokens() == null) {
                throw new UnfitLogException("the objective needs the behaviour log-probability of every token, which"
                        + " completion " + member.completionId() + " at " + group.where()
                        + " has not. Use an objective that needs none, such as copg, or sample anew");
            }
        }
        if (group.members().size() < 2) {
            return Optional.of("has " + group.members().size() + " completion with a reward; 2 are needed");
        }
        if (group.members().stream().allMatch(m -> m.tokenIds().length == 0)) {
            return Optional.of("its completions are all empty");
        }
        for (TrainingMember member : group.members()) {
            int tokens = member.tokenIds().length;
            if (!member.mask().fits(tokens)) {
                return Optional.of("completion " + member.completionId() + " has " + tokens
                        + " tokens and a mask of another length");
            }
            if (tokens > 0 && member.mask().written(tokens) == 0) {
                return Optional.of("completion " + member.completionId() + " has no token that the policy wrote");
            }
            if (!Double.isFinite(member.reward())) {
                return Optional.of("the reward of completion " + member.completionId() + " is " + member.reward());
            }
            int length = group.promptTokenIds().length + member.tokenIds().length;
            if (length > contextLength) {
                return Optional.of("prompt and completion " + member.completionId() + " have " + length
                        + " tokens; the policy's context is " + contextLength);
            }
        }
        return stale(group, step);
    }

    private Optional<String> stale(TrainingGroup group, long step) {
        if (maxStaleness == null || !group.runId().equals(runId)) {
            return Optional.empty();
        }
        long oldest = group.members().stream()
                .mapToLong(TrainingMember::policyVersion)
                .min()
                .orElse(0);
        long staleness = step - 1 - oldest;
        return staleness > maxStaleness
                ? Optional.of("staleness " + staleness + " is above the limit of " + maxStaleness)
                : Optional.empty();
    }

    private void checkVocabulary(TrainingGroup group, int[] tokens, String where) {
        for (int token : tokens) {
            if (token < 0 || token >= vocabularySize) {
                throw new UnfitLogException(
                        "the group at " + group.where() + " does not fit the model: " + where
                                + " has token " + token + ", but the vocabulary has " + vocabularySize
                                + " tokens. It was sampled from another model; choose the runs or the model that belong together");
            }
        }
    }
}
