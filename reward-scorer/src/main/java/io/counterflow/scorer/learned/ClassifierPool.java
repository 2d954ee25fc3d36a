package io.counterflow.scorer.learned;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.decoder.LengthBatches;
import io.counterflow.model.source.CheckpointSources;
import io.counterflow.model.source.WeightsGuard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Several instances of one classifier, lent to one call each. Thread-safe. */
final class ClassifierPool implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClassifierPool.class);

    private final Path folder;
    private final List<SequenceClassifier> all;
    private final BlockingQueue<SequenceClassifier> idle;
    private final int tokensPerBatch;

    private ClassifierPool(Path folder, List<SequenceClassifier> all, int tokensPerBatch) {
        this.folder = folder;
        this.all = all;
        this.idle = new ArrayBlockingQueue<>(all.size(), true, all);
        this.tokensPerBatch = tokensPerBatch;
    }

    /** Loads the instances; what is not on this machine is fetched. */
    static ClassifierPool load(ModelSettings settings) {
        Path folder = CheckpointSources.ofEnvironment()
                .folder(
                        settings.model(),
                        (file, done, total) -> LOG.debug("fetching {}: {} of {}", file, done, total),
                        WeightsGuard.NONE);
        ModelOptions options = ModelOptions.inference()
                .withDevice(settings.device())
                .withPrecision(settings.precision())
                .withWorkers(settings.workers());
        List<SequenceClassifier> all = new ArrayList<>();
        try {
            for (int i = 0; i < settings.instances(); i++) {
                all.add(SequenceClassifier.load(folder, options));
            }
        } catch (RuntimeException e) {
            all.forEach(SequenceClassifier::close);
            throw e;
        }
        return new ClassifierPool(folder, all, settings.tokensPerBatch());
    }

    /** Where the model lies. */
    Path folder() {
        return folder;
    }

    /** One of the instances, for what any thread may ask at any time: labels, context, tokens. */
    SequenceClassifier any() {
        return all.get(0);
    }

    /**
     * Logits, [inputs][labels], computed in batches of like lengths with at most {@code tokensPerBatch} tokens. Waits for an idle instance.
     *
     * @throws InterruptedException when interrupted while waiting or between two batches
     */
    float[][] logits(List<ClassifierInput> inputs) throws InterruptedException {
        SequenceClassifier classifier = idle.take();
        try {
            float[][] logits = new float[inputs.size()][];
            for (List<Integer> places :
                    LengthBatches.of(inputs.size(), i -> inputs.get(i).length(), tokensPerBatch)) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while scoring a batch");
                }
                float[][] rows =
                        classifier.logits(places.stream().map(inputs::get).toList());
                for (int i = 0; i < rows.length; i++) {
                    logits[places.get(i)] = rows[i];
                }
            }
            return logits;
        } finally {
            idle.add(classifier);
        }
    }

    @Override
    public void close() {
        all.forEach(SequenceClassifier::close);
    }
}
