package io.counterflow.scorer.training;

import io.counterflow.scorer.dataset.DatasetException;
import io.counterflow.scorer.dataset.LabelledText;
import io.counterflow.scorer.encoding.EncodedRequest;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.RequestEncoder;
import io.counterflow.scorer.evaluation.ClassificationReport;
import java.util.List;

/**
 * The class of a text.
 *
 * @param labels names of the classes
 */
public record LabelTask(List<String> labels, EncodingConfig encoding) implements ScorerTask<LabelledText> {

    private static final int MOST_LABELS = 100;

    /** Copies the labels. */
    public LabelTask {
        labels = List.copyOf(labels);
    }

    /**
     * The classes that occur, in alphabetical order.
     *
     * @throws DatasetException when there are fewer than two, or so many that they can hardly be classes
     */
    public static LabelTask of(List<LabelledText> examples, EncodingConfig encoding) {
        List<String> labels =
                examples.stream().map(LabelledText::label).distinct().sorted().toList();
        if (labels.size() < 2) {
            throw new DatasetException("every label is '" + labels.get(0) + "'; there must be two classes or more");
        }
        if (labels.size() > MOST_LABELS) {
            throw new DatasetException("there are " + labels.size() + " different labels, such as '" + labels.get(0)
                    + "' and '" + labels.get(1) + "'; these are no classes (at most " + MOST_LABELS + ")");
        }
        return new LabelTask(labels, encoding);
    }

    @Override
    public String scorer() {
        return "reward-model";
    }

    @Override
    public ScorerLoss loss() {
        return new CrossEntropy();
    }

    @Override
    public int target(LabelledText example) {
        int target = labels.indexOf(example.label());
        if (target < 0) {
            throw new DatasetException(
                    "label '" + example.label() + "' is not one of the classes " + labels + " of the training data");
        }
        return target;
    }

    @Override
    public List<EncodedRequest> encode(LabelledText example, RequestEncoder encoder) {
        return List.of(encoder.encode(example.request()));
    }

    @Override
    public ClassificationReport judge(List<LabelledText> examples, List<float[][]> logits) {
        return ClassificationReport.ofLogits(
                labels, logits, examples.stream().map(this::target).toList());
    }
}
