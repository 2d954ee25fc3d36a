package io.counterflow.cli.report;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.TokenSequence;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.trainer.batch.CompletionMask;
import io.counterflow.trainer.step.DivergenceEstimate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Log-probabilities of completions under the policy that a run started from, where its folder is still there. One thread. */
final class BaseLikelihood implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BaseLikelihood.class);
    /** Enough for a standard error of a few hundredths of a nat, in seconds. */
    private static final int MOST = 256;

    private final LanguageModel model;

    private BaseLikelihood(LanguageModel model) {
        this.model = model;
    }

    /** Of the checkpoint that a run started from, as the ledger names it. */
    static Optional<BaseLikelihood> of(String checkpoint, int workers) {
        try {
            Path folder = Path.of(checkpoint);
            return Files.isDirectory(folder)
                    ? Optional.of(new BaseLikelihood(
                            LanguageModel.load(folder, ModelOptions.inference().withWorkers(workers))))
                    : Optional.empty();
        } catch (RuntimeException e) {
            LOG.atWarn()
                    .setCause(e)
                    .log("the policy that the run started from cannot be loaded; its measures are left out");
            return Optional.empty();
        }
    }

    /** Adds to the measures what the base policy says of the completions, of the first few hundred where there are more. */
    TextMeasures measure(Collection<ScoredGroup> groups, TextMeasures measures) {
        List<TokenSequence> sequences = new ArrayList<>();
        List<GroupMember> members = new ArrayList<>();
        for (ScoredGroup group : groups) {
            for (GroupMember member : group.getMembers()) {
                boolean whole = CompletionMask.of(member.getCompletionMask())
                        .fits(member.getTokenIds().size());
                if (sequences.size() < MOST && !member.getTokenIds().isEmpty() && whole) {
                    sequences.add(new TokenSequence(ints(group.getPromptTokenIds()), ints(member.getTokenIds())));
                    members.add(member);
                }
            }
        }
        if (sequences.isEmpty()) {
            return measures;
        }
        double sum = 0;
        double divergences = 0;
        long compared = 0;
        long tokens = 0;
        List<float[]> rows = model.tokenLogProbabilities(sequences);
        for (int i = 0; i < rows.size(); i++) {
            CompletionMask mask = CompletionMask.of(members.get(i).getCompletionMask());
            double[] base = doubles(mask.pick(rows.get(i)));
            sum += Arrays.stream(base).sum();
            tokens += base.length;
            List<Float> logged = members.get(i).getTokenLogProbabilities();
            double[] sampled = logged.size() == rows.get(i).length ? doubles(mask.pick(floats(logged))) : new double[0];
            if (sampled.length == base.length) {
                divergences += DivergenceEstimate.ofTokens(sampled, base);
                compared++;
            }
        }
        return measures.withBase(sum / tokens, compared == 0 ? Double.NaN : divergences / compared);
    }

    private static double[] doubles(float[] values) {
        double[] wide = new double[values.length];
        for (int t = 0; t < wide.length; t++) {
            wide[t] = values[t];
        }
        return wide;
    }

    private static float[] floats(List<Float> values) {
        float[] array = new float[values.size()];
        for (int t = 0; t < array.length; t++) {
            array[t] = values.get(t);
        }
        return array;
    }

    private static int[] ints(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public void close() {
        model.close();
    }
}
