package io.counterflow.scorer.training;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.model.classifier.ClassifierOptimizer;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.classifier.TrainableClassifier;
import io.counterflow.model.training.LearningRateSchedule;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.scorer.dataset.DatasetException;
import io.counterflow.scorer.dataset.Example;
import io.counterflow.scorer.dataset.Partition;
import io.counterflow.scorer.dataset.PreferencePair;
import io.counterflow.scorer.encoding.EncodedRequest;
import io.counterflow.scorer.encoding.RequestEncoder;
import io.counterflow.scorer.evaluation.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a scorer's model: epochs over the examples, judged on held-out ones after each, the best kept. What an epoch left is kept beside the
 * output; called again with the same arguments, an interrupted training goes on after its last finished epoch and ends with the same bytes.
 * One thread.
 */
public final class ScorerTraining {

    /** Tokens, padding included, that are in memory at once. */
    private static final int MICRO_BATCH_TOKENS = 4096;

    private static final int MOST_LOST_STEPS = 10;
    private static final OptimizerConfig ADAMW =
            OptimizerConfig.standard().withBetas(0.9, 0.999).withWeightDecay(0.01);

    private final TrainingSettings settings;
    private final TrainingListener listener;
    private final InstantSource clock;

    /** A training with these settings. */
    public ScorerTraining(TrainingSettings settings, TrainingListener listener, InstantSource clock) {
        this.settings = requireNonNull(settings, "settings is null");
        this.listener = requireNonNull(listener, "listener is null");
        this.clock = requireNonNull(clock, "clock is null");
    }

    /**
     * Trains.
     *
     * @param base folder of the checkpoint to start from
     * @param facts what else the result depends on or its reader wants to know, such as hashes of data; the same in a call that goes on
     * @param output a folder that is not there yet; {@code OUTPUT.training} beside it is used meanwhile
     * @throws TrainingFailedException when it cannot begin or the loss diverges
     * @throws IOException when the disk refuses
     */
    public <E extends Example> TrainingResult run(
            ScorerTask<E> task, Partition<E> examples, Path base, Map<String, ?> facts, Path output)
            throws IOException {
        if (Files.exists(output)) {
            throw new TrainingFailedException(output + " exists already; delete it or give another --output");
        }
        Map<String, Object> plan = plan(task, examples, facts);
        try (EpochFolder work = EpochFolder.open(beside(output), plan)) {
            TrainingResult result = train(task, examples, base, work);
            ModelFolder.write(output, work.model(result.best().epoch()), task, plan, result);
            work.delete();
            return result;
        }
    }

    private static Path beside(Path output) {
        return output.toAbsolutePath().resolveSibling(output.getFileName() + ".training");
    }

    private Map<String, Object> plan(ScorerTask<?> task, Partition<?> examples, Map<String, ?> facts) {
        Map<String, Object> plan = new LinkedHashMap<>();
        plan.put("scorer", task.scorer());
        plan.put("labels", task.labels());
        plan.putAll(facts);
        plan.put("trainingExamples", examples.training().size());
        plan.put("heldOutExamples", examples.heldOut().size());
        plan.put("encoding", task.encoding());
        plan.put("settings", settings);
        return plan;
    }

    private <E extends Example> TrainingResult train(
            ScorerTask<E> task, Partition<E> examples, Path base, EpochFolder work) {
        Optional<EpochFolder.Saved> saved = work.newest();
        List<EpochSummary> summaries =
                new ArrayList<>(saved.map(EpochFolder.Saved::summaries).orElse(List.of()));
        boolean adapter = settings.lora() != null;
        Path start = adapter ? base : saved.map(EpochFolder.Saved::model).orElse(base);
        ModelOptions options = settings.options(base, saved.map(EpochFolder.Saved::adapter));
        try (TrainableClassifier classifier =
                        TrainableClassifier.startFrom(start, task.labels(), settings.seed(), options);
                ClassifierOptimizer optimizer = classifier.optimizer(ADAMW)) {
            saved.ifPresent(epoch -> {
                optimizer.restore(epoch.optimizer());
                listener.resumed(summaries.size());
            });
            Encoded whole = encode(task, examples.training(), classifier);
            Encoded training = whole.withoutEqualPairs();
            Encoded heldOut = encode(task, examples.heldOut(), classifier);
            if (whole.equal() > 0 || whole.equalCut() > 0 || heldOut.equal() + heldOut.equalCut() > 0) {
                listener.equalPairs(whole.equal(), whole.equalCut(), heldOut.equal() + heldOut.equalCut());
            }
            if (training.items.isEmpty()) {
                throw new DatasetException("there is nothing to learn: both completions of every pair are the same"
                        + (whole.equalCut() > 0 ? " once they are cut to --max-length" : ""));
            }
            Agreement agreement = Agreement.of(training.items);
            if (agreement.contradicting() + agreement.repeated() > 0) {
                listener.disagreement(agreement.contradicting(), agreement.repeated());
            }
            listener.encoded(
                    training.items.size(), heldOut.items.size(), training.tokens(), training.cut + heldOut.cut);
            Optional<Report> report = Optional.empty();
            for (int epoch = summaries.size() + 1; epoch <= settings.epochs(); epoch++) {
                long began = clock.millis();
                double loss = epoch(task.loss(), training.items, optimizer, epoch);
                Optional<Report> judged = judge(task, examples.heldOut(), heldOut.items, classifier);
                EpochSummary summary = new EpochSummary(
                        epoch,
                        loss,
                        judged.map(Report::loss).orElse(null),
                        judged.map(Report::accuracy).orElse(null),
                        (clock.millis() - began) / 1000.0);
                summaries.add(summary);
                EpochSummary best = best(summaries);
                report = best.equals(summary) ? judged : report;
                work.save(classifier, adapter, optimizer, summaries, best.epoch());
                listener.epoch(summary);
            }
            EpochSummary best = best(summaries);
            if (report.isEmpty()) {
                report = judgeSaved(task, examples.heldOut(), heldOut.items, work.model(best.epoch()));
            }
            return new TrainingResult(summaries, best, report, ModelFolder.weightsSha256(work.model(best.epoch())));
        }
    }

    private static EpochSummary best(List<EpochSummary> summaries) {
        EpochSummary best = summaries.get(0);
        for (EpochSummary summary : summaries) {
            best = summary.isBetterThan(best) ? summary : best;
        }
        return best;
    }

    /**
     * @param equal pairs of which nothing was cut and whose inputs are the same
     * @param equalCut pairs whose inputs are the same, of which something was cut
     */
    private record Encoded(List<TrainingItem> items, int cut, int equal, int equalCut) {

        Encoded withoutEqualPairs() {
            return new Encoded(
                    items.stream().filter(item -> !item.isEqualPair()).toList(), cut, equal, equalCut);
        }

        long tokens() {
            return items.stream()
                    .flatMap(item -> item.inputs().stream())
                    .mapToLong(ClassifierInput::length)
                    .sum();
        }
    }

    private static <E extends Example> Encoded encode(
            ScorerTask<E> task, List<E> examples, SequenceClassifier classifier) {
        RequestEncoder encoder = new RequestEncoder(classifier, task.encoding());
        List<TrainingItem> items = new ArrayList<>();
        int cut = 0;
        int equal = 0;
        int equalCut = 0;
        for (E example : examples) {
            List<EncodedRequest> encoded = task.encode(example, encoder);
            boolean isCut = encoded.stream().anyMatch(request -> request.cut() > 0);
            TrainingItem item =
                    new TrainingItem(encoded.stream().map(EncodedRequest::input).toList(), task.target(example));
            boolean sameText =
                    example instanceof PreferencePair pair && pair.chosen().equals(pair.rejected());
            cut += isCut ? 1 : 0;
            equal += item.isEqualPair() && (sameText || !isCut) ? 1 : 0;
            equalCut += item.isEqualPair() && isCut && !sameText ? 1 : 0;
            items.add(item);
        }
        return new Encoded(items, cut, equal, equalCut);
    }

    /** One pass over all items; their mean loss. */
    private double epoch(ScorerLoss loss, List<TrainingItem> items, ClassifierOptimizer optimizer, int epoch) {
        List<List<Integer>> batches = EpochOrder.batches(items, settings.batch(), settings.seed(), epoch);
        long steps = (long) batches.size() * settings.epochs();
        LearningRateSchedule schedule =
                new LearningRateSchedule(settings.learningRate(), Math.round(settings.warmUp() * steps), steps);
        double total = 0;
        int lost = 0;
        long step = (long) (epoch - 1) * batches.size();
        for (List<Integer> places : batches) {
            double sum = 0;
            for (List<TrainingItem> micro :
                    microBatches(places.stream().map(items::get).toList())) {
                sum += accumulate(loss, micro, optimizer, places.size());
            }
            double rate = schedule.rate(step);
            step++;
            double norm = optimizer.step(rate);
            // Weights are left alone by a step whose gradient is not finite; many of them mean that there is nothing
            // left to save.
            lost = Double.isFinite(norm) ? 0 : lost + 1;
            if (lost == MOST_LOST_STEPS || !Double.isFinite(sum)) {
                throw new TrainingFailedException("the loss has diverged at step " + step
                        + "; use a lower --learning-rate or a longer --warm-up");
            }
            total += sum;
            listener.step(step, steps, sum / places.size(), rate);
        }
        return total / items.size();
    }

    private static double accumulate(
            ScorerLoss loss, List<TrainingItem> items, ClassifierOptimizer optimizer, int batch) {
        List<ClassifierInput> inputs =
                items.stream().flatMap(item -> item.inputs().stream()).toList();
        double[] sum = new double[1];
        optimizer.accumulate(inputs, logits -> {
            float[][] gradient = new float[logits.length][];
            int at = 0;
            for (TrainingItem item : items) {
                float[][] rows = new float[item.inputs().size()][];
                System.arraycopy(logits, at, rows, 0, rows.length);
                sum[0] += loss.value(rows, item.target());
                for (float[] slopes : loss.gradient(rows, item.target())) {
                    for (int k = 0; k < slopes.length; k++) {
                        slopes[k] /= batch;
                    }
                    gradient[at++] = slopes;
                }
            }
            return gradient;
        });
        return sum[0];
    }

    /** Consecutive items whose inputs, padded to the longest, are not too many tokens. */
    private static List<List<TrainingItem>> microBatches(List<TrainingItem> batch) {
        List<List<TrainingItem>> micro = new ArrayList<>();
        int from = 0;
        int inputs = 0;
        int longest = 0;
        for (int i = 0; i < batch.size(); i++) {
            inputs += batch.get(i).inputs().size();
            longest = Math.max(longest, batch.get(i).longest());
            if (i > from && (long) inputs * longest > MICRO_BATCH_TOKENS) {
                micro.add(batch.subList(from, i));
                from = i;
                inputs = batch.get(i).inputs().size();
                longest = batch.get(i).longest();
            }
        }
        micro.add(batch.subList(from, batch.size()));
        return micro;
    }

    private static <E extends Example> Optional<Report> judge(
            ScorerTask<E> task, List<E> examples, List<TrainingItem> items, SequenceClassifier classifier) {
        if (examples.isEmpty()) {
            return Optional.empty();
        }
        float[][] logits = classifier.logits(
                items.stream().flatMap(item -> item.inputs().stream()).toList());
        List<float[][]> rows = new ArrayList<>();
        int at = 0;
        for (TrainingItem item : items) {
            float[][] own = new float[item.inputs().size()][];
            System.arraycopy(logits, at, own, 0, own.length);
            rows.add(own);
            at += own.length;
        }
        return Optional.of(task.judge(examples, rows));
    }

    private <E extends Example> Optional<Report> judgeSaved(
            ScorerTask<E> task, List<E> examples, List<TrainingItem> items, Path model) {
        ModelOptions options = ModelOptions.inference()
                .withDevice(settings.device())
                .withPrecision(settings.precision())
                .withWorkers(settings.workers());
        try (SequenceClassifier classifier = SequenceClassifier.load(model, options)) {
            return judge(task, examples, items, classifier);
        }
    }
}
