package io.counterflow.scorer.training;

import io.counterflow.scorer.dataset.Example;
import io.counterflow.scorer.encoding.EncodedRequest;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.RequestEncoder;
import io.counterflow.scorer.evaluation.Report;
import java.util.List;

/**
 * What is to be learned from one kind of example.
 *
 * @param <E> kind of example
 */
public sealed interface ScorerTask<E extends Example> permits PreferenceTask, LabelTask, EntailmentTask {

    /** Kind of the scorer that uses the model. */
    String scorer();

    /** Names of the model's labels. */
    List<String> labels();

    /** What is minimised. */
    ScorerLoss loss();

    /** How texts become tokens, in training and later. */
    EncodingConfig encoding();

    /** The class of an example, 0 where it has none. */
    int target(E example);

    /** The inputs of an example, each with what was cut off. */
    List<EncodedRequest> encode(E example, RequestEncoder encoder);

    /**
     * Judges a model.
     *
     * @param logits of each example: [inputs][labels]
     */
    Report judge(List<E> examples, List<float[][]> logits);
}
