package io.counterflow.scorer.training;

import io.counterflow.scorer.dataset.NliLabel;
import io.counterflow.scorer.dataset.NliPair;
import io.counterflow.scorer.encoding.EncodedRequest;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.RequestEncoder;
import io.counterflow.scorer.evaluation.ClassificationReport;
import java.util.List;

/** Whether a premise entails a hypothesis: both texts at once, as a cross-encoder. */
public record EntailmentTask(EncodingConfig encoding) implements ScorerTask<NliPair> {

    @Override
    public String scorer() {
        return "entailment";
    }

    @Override
    public List<String> labels() {
        return NliLabel.names();
    }

    @Override
    public ScorerLoss loss() {
        return new CrossEntropy();
    }

    @Override
    public int target(NliPair pair) {
        return pair.label().ordinal();
    }

    @Override
    public List<EncodedRequest> encode(NliPair pair, RequestEncoder encoder) {
        return List.of(encoder.pair(pair.premise(), pair.hypothesis()));
    }

    @Override
    public ClassificationReport judge(List<NliPair> pairs, List<float[][]> logits) {
        return ClassificationReport.ofLogits(
                labels(), logits, pairs.stream().map(this::target).toList());
    }
}
