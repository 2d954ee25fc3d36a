package io.counterflow.trainer.step;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.TokenSequence;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/** The model of the reference policy. For one thread at a time. */
public interface ReferenceModel extends AutoCloseable {

    /** ln p of every completion token, in nats: one array a sequence. */
    List<float[]> tokenLogProbabilities(List<TokenSequence> sequences);

    @Override
    void close();

    /** A model of its own, loaded when it is needed first. */
    static ReferenceModel loaded(Supplier<LanguageModel> loader) {
        Objects.requireNonNull(loader, "loader");
        return new ReferenceModel() {
            private LanguageModel model;

            @Override
            public List<float[]> tokenLogProbabilities(List<TokenSequence> sequences) {
                if (model == null) {
                    model = loader.get();
                }
                return model.tokenLogProbabilities(sequences);
            }

            @Override
            public void close() {
                if (model != null) {
                    model.close();
                }
            }
        };
    }

    /**
     * The model below a policy that is an adapter: the same weights with the adapter off, and no second copy of them.
     *
     * @param policy stays the caller's
     */
    static ReferenceModel below(LanguageModel policy) {
        Objects.requireNonNull(policy, "policy");
        return new ReferenceModel() {
            @Override
            public List<float[]> tokenLogProbabilities(List<TokenSequence> sequences) {
                return policy.referenceTokenLogProbabilities(sequences);
            }

            @Override
            public void close() {
                // The policy's owner closes it.
            }
        };
    }
}
