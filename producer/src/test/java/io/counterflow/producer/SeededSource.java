package io.counterflow.producer;

import io.counterflow.producer.source.CompletionSource;
import io.counterflow.producer.source.SamplingConfig;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import java.util.List;

/** Samples that are a function of prompt, seed and policy version alone; no model. */
class SeededSource implements CompletionSource {

    private final boolean follows;
    private Stamp stamp = new Stamp(0, "none");

    SeededSource(boolean follows) {
        this.follows = follows;
    }

    @Override
    public boolean followsPolicies() {
        return follows;
    }

    @Override
    public void follow(PolicyVersion version) {
        stamp = new Stamp(version.getVersion(), version.getWeightsSha256());
    }

    @Override
    public Stamp stamp() {
        return stamp;
    }

    @Override
    public Tokenized tokenize(Prompt prompt, SamplingConfig sampling) {
        return prompt.getText().isEmpty()
                ? new Tokenized.Refused("the prompt is empty")
                : new Tokenized.Usable(prompt.getText().chars().toArray());
    }

    @Override
    public List<Sampled> sample(List<Request> requests, SamplingConfig sampling) {
        return requests.stream()
                .map(r -> new Sampled(
                        new int[] {(int) r.seed()},
                        -1,
                        new float[] {-1},
                        r.prompt().getText() + "/" + r.seed(),
                        FinishReason.STOP))
                .toList();
    }

    @Override
    public void close() {}
}
