package io.counterflow.scorer.training;

import io.counterflow.scorer.dataset.PreferencePair;
import io.counterflow.scorer.encoding.EncodedRequest;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.RequestEncoder;
import io.counterflow.scorer.evaluation.PreferenceReport;
import java.util.ArrayList;
import java.util.List;

/** A reward that ranks completions as people did. */
public record PreferenceTask(EncodingConfig encoding) implements ScorerTask<PreferencePair> {

    @Override
    public String scorer() {
        return "reward-model";
    }

    @Override
    public List<String> labels() {
        return List.of("reward");
    }

    @Override
    public ScorerLoss loss() {
        return new BradleyTerry();
    }

    @Override
    public int target(PreferencePair pair) {
        return 0;
    }

    @Override
    public List<EncodedRequest> encode(PreferencePair pair, RequestEncoder encoder) {
        return List.of(encoder.encode(pair.chosenRequest()), encoder.encode(pair.rejectedRequest()));
    }

    @Override
    public PreferenceReport judge(List<PreferencePair> pairs, List<float[][]> logits) {
        List<PreferenceReport.Judged> judged = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            float[][] rewards = logits.get(i);
            judged.add(PreferenceReport.Judged.of(pairs.get(i), rewards[0][0], rewards[1][0]));
        }
        return PreferenceReport.of(judged);
    }
}
