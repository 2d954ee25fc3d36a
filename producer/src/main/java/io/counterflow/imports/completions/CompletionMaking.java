package io.counterflow.imports.completions;

import io.counterflow.log.Identifiers;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The record of a completion that no producer sampled. Thread-safe. */
final class CompletionMaking {

    static final long NO_POLICY = -1;

    private final PromptEncoder encoder;

    CompletionMaking(PromptEncoder encoder) {
        this.encoder = encoder;
    }

    /** Where a completion stands, and how it came there. */
    record Place(String runId, String groupId, long pass, long position, int index, int groupSize, Origin origin) {}

    Completion of(Place place, Prompt prompt, ImportedGroup.Member member, TokenSplit tokens, Instant now) {
        ImportedSample sample = member.sample();
        int[] ids = tokens.second();
        return Completion.newBuilder()
                .setCompletionId(Identifiers.completionId(place.groupId(), place.index()))
                .setGroupId(place.groupId())
                .setPromptId(prompt.getPromptId())
                .setRunId(place.runId())
                .setPurpose(Purpose.TRAINING)
                .setPass(place.pass())
                .setPosition(place.position())
                .setIndexInGroup(place.index())
                .setGroupSize(place.groupSize())
                .setPrompt(prompt)
                .setPromptTokenIds(list(tokens.first()))
                .setText(member.text())
                .setTokenIds(list(ids))
                .setLogProbability(sum(sample))
                .setTokenLogProbabilities(list(sample.logProbabilities()))
                .setPolicyVersion(sample.policyVersion().orElse(NO_POLICY))
                .setPolicySha256(sample.policySha256())
                .setSampling(sample.sampling().of(ids.length))
                .setFinishReason(finishReason(sample))
                .setStartedAt(now)
                .setFinishedAt(now)
                .setCompletionMask(list(sample.mask()))
                .setOrigin(place.origin())
                .build();
    }

    /** Where a line does not say, its tokens do: what does not end with an end token was cut off. A text is whole. */
    FinishReason finishReason(ImportedSample sample) {
        int[] ids = sample.tokenIds();
        FinishReason seen =
                !sample.isExact() || encoder.isEnd(ids[ids.length - 1]) ? FinishReason.STOP : FinishReason.LENGTH;
        return sample.finishReason().orElse(seen);
    }

    /** Of the terms as a record has them, in order. */
    private static double sum(ImportedSample sample) {
        if (sample.logProbabilities().length == 0) {
            return Double.NaN;
        }
        double sum = 0;
        for (float term : sample.logProbabilities()) {
            sum += term;
        }
        return sum;
    }

    private static List<Integer> list(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }

    private static List<Float> list(float[] values) {
        List<Float> list = new ArrayList<>(values.length);
        for (float value : values) {
            list.add(value);
        }
        return list;
    }

    private static List<Boolean> list(boolean[] values) {
        List<Boolean> list = new ArrayList<>(values.length);
        for (boolean value : values) {
            list.add(value);
        }
        return list;
    }
}
