package io.counterflow.cli.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * A run as its report shows it.
 *
 * @param runId the run
 * @param title one line that says what was trained, on what
 * @param steps the applied steps in order
 * @param staleness how many trained completions had each staleness, in policy versions; only those that the run sampled
 *     itself have one
 * @param setAside groups passed over, by cause (numbers left out)
 * @param unused groups sampled for the run that no step has taken or set aside, by recipe
 * @param evaluations held-out evaluations by policy version, ascending
 * @param recipe the recipe that rewarded them, in a few letters; empty where there is none
 * @param otherRecipes held-out groups that other recipes rewarded and that are left out, by recipe
 * @param trainedOn groups learned from, by recipe, as far as the log says
 * @param paired rewards of the first and the last evaluation on the prompts that both have
 * @param samples held-out prompts with what the first and the last evaluated policy wrote
 * @param checkpoint where the newest checkpoint is, or what the run began with where nothing was saved
 * @param weightsSha256 SHA-256 of its weights
 * @param saved policy version of the checkpoint; -1 where there is none
 * @param ended whether the run has ended
 * @param training time from the first planned to the last applied step
 * @param configuration the trainer's configuration, as recorded in the ledger
 */
public record RunSummary(
        String runId,
        String title,
        List<Step> steps,
        SortedMap<Integer, Long> staleness,
        SortedMap<String, Long> setAside,
        SortedMap<String, Long> unused,
        List<Evaluation> evaluations,
        String recipe,
        SortedMap<String, Long> otherRecipes,
        SortedMap<String, Long> trainedOn,
        PairedRewards paired,
        List<SamplePair> samples,
        String checkpoint,
        String weightsSha256,
        long saved,
        boolean ended,
        Duration training,
        String configuration) {

    /**
     * One optimizer step.
     *
     * @param step counted from 1
     * @param loss the objective's loss, before the update
     * @param gradientNorm global norm before clipping
     * @param metrics all that the ledger has, by name; see docs/operations.md
     */
    public record Step(long step, double loss, double gradientNorm, Map<String, Double> metrics) {

        /** Mean reward of the batch; NaN where unknown. */
        double reward() {
            return metrics.getOrDefault(MetricNames.REWARD, Double.NaN);
        }

        /** Estimate of KL(policy || reference) in nats a completion; NaN in a run of before it was measured. */
        double kl() {
            return metrics.getOrDefault(MetricNames.KL, Double.NaN);
        }

        /** Mean of ln policy - ln reference over the batch, whoever sampled it: no KL divergence, and of either sign. */
        double logRatio() {
            return metrics.getOrDefault(MetricNames.LOG_RATIO, Double.NaN);
        }
    }

    /**
     * Samples of one policy version on held-out prompts.
     *
     * @param version optimizer steps that the policy had taken
     * @param prompts how many held-out prompts were sampled, scored and given up
     * @param completions how many completions were scored
     * @param failures how many of the same prompts could not be scored
     * @param rewards of those that were
     * @param scores mean of each scorer's values, by name
     * @param texts what the completions are like, whatever their reward
     * @param rewardByPrompt mean reward of each prompt's completions, by prompt id
     */
    public record Evaluation(
            long version,
            HeldOutPrompts prompts,
            long completions,
            long failures,
            Rewards rewards,
            SortedMap<String, Double> scores,
            TextMeasures texts,
            @JsonIgnore SortedMap<String, Double> rewardByPrompt) {}

    /** The policy that the run began with, as it was evaluated. */
    Optional<Evaluation> start() {
        return evaluations.stream().filter(e -> e.version() == 0).findFirst();
    }

    /** The newest policy that was evaluated; empty where none but the first was. */
    Optional<Evaluation> newest() {
        return evaluations.stream().filter(e -> e.version() > 0).reduce((earlier, later) -> later);
    }

    /** What of the run is in no checkpoint; empty where all of it is. */
    @JsonProperty("unsaved")
    Optional<String> unsaved() {
        if (saved >= version()) {
            return Optional.empty();
        }
        String what =
                "versions up to " + version() + " were not saved and published yet; a trainer that goes on with the"
                        + " run makes them again from the ledger";
        return Optional.of(
                saved > 0
                        ? "of version " + saved + "; " + what
                        : (saved == 0 ? "of version 0, which the run began with; " : "") + what);
    }

    /** Which evaluations there are not, one remark each. */
    @JsonProperty("unevaluated")
    List<String> unevaluated() {
        List<String> remarks = new ArrayList<>();
        if (!evaluations.isEmpty() && evaluations.get(0).version() > 0) {
            remarks.add("the policy that the run began with (version 0) was not evaluated");
        }
        long last = evaluations.isEmpty()
                ? -1
                : evaluations.get(evaluations.size() - 1).version();
        if (saved > 0 && last < saved) {
            remarks.add("the newest policy " + (saved < version() ? "that was published " : "") + "(version " + saved
                    + ") was not evaluated");
        }
        if (version() > Math.max(saved, last)) {
            remarks.add("the newest policy (version " + version()
                    + ") was not published, so that nobody could evaluate it");
        }
        return remarks;
    }

    /** Groups that stand in no step, as one remark; empty where there are none. */
    @JsonProperty("unusedShown")
    Optional<String> unusedShown() {
        return unused.isEmpty()
                ? Optional.empty()
                : Optional.of(unused.entrySet().stream()
                        .map(one -> one.getValue() + (one.getValue() == 1 ? " group" : " groups") + " of recipe "
                                + one.getKey())
                        .collect(Collectors.joining(", ", "", ": no step has taken them or set them aside")));
    }

    /** The newest policy there is. */
    long version() {
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).step();
    }

    /**
     * Whether the share of completions with full reward says anything of this run: some reached the reward 1 and none exceeded it. Where rewards are
     * logits, or sums of several scores, there is no such mark.
     */
    public boolean fullRewardIsMeaningful() {
        return Rewards.reachFull(evaluations.stream().map(Evaluation::rewards).toList());
    }

    /** A held-out prompt, with one completion before and one after training. */
    public record SamplePair(String prompt, String before, double beforeReward, String after, double afterReward) {}
}
