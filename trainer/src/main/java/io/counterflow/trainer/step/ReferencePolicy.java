package io.counterflow.trainer.step;

import io.counterflow.model.TokenSequence;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.LogProbability;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Log-probabilities under the reference policy: from the record where it has them, from the cache where they were
 * computed before, else by the model.
 *
 * <p>The model always sees one group at a time. In a larger batch the last bits would depend on what else is in it, and
 * so on whether a value was computed in this step or kept from an earlier one. Not thread-safe.
 */
public final class ReferencePolicy implements AutoCloseable {

    private final ReferenceModel model;
    private final ReferenceCache cache;
    private final boolean needsTokens;

    /**
     * @param model closed with this
     * @param cache where computed values are kept
     * @param needsTokens whether the objective reads every token's log-probability, so that the sum which a record may have is not enough
     */
    public ReferencePolicy(ReferenceModel model, ReferenceCache cache, boolean needsTokens) {
        this.model = Objects.requireNonNull(model, "model");
        this.cache = Objects.requireNonNull(cache, "cache");
        this.needsTokens = needsTokens;
    }

    /** One for each member of the group, in order: of the tokens that the policy wrote. */
    public List<LogProbability> of(TrainingGroup group) {
        if (!needsTokens && group.members().stream().allMatch(m -> m.referenceSum() != null)) {
            return group.members().stream()
                    .map(m -> LogProbability.ofSum(m.referenceSum()))
                    .toList();
        }
        return cache.get(group).orElseGet(() -> {
            List<LogProbability> computed = compute(group);
            cache.put(group, computed);
            return computed;
        });
    }

    private List<LogProbability> compute(TrainingGroup group) {
        List<TokenSequence> sequences = new ArrayList<>();
        for (TrainingMember member : group.members()) {
            sequences.add(new TokenSequence(group.promptTokenIds(), member.tokenIds()));
        }
        List<float[]> tokens = model.tokenLogProbabilities(sequences);
        List<LogProbability> written = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            written.add(LogProbability.ofTokens(group.members().get(i).mask().pick(tokens.get(i))));
        }
        return written;
    }

    @Override
    public void close() {
        model.close();
    }
}
