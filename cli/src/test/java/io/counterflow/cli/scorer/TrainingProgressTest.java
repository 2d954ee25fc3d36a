package io.counterflow.cli.scorer;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.progress.Stages;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {

    @Test
    void whatIsLearnedFromIsCountedAfterWhatTeachesNothingWasLeftOut() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Stages stages = new Stages(
                new PrintStream(out, true, StandardCharsets.UTF_8), InstantSource.fixed(Instant.EPOCH), 1, false);
        try (ScorerTrainingProgress progress = new ScorerTrainingProgress(stages, false)) {
            progress.equalPairs(1, 2, 1);
            progress.disagreement(2, 1);
            progress.encoded(4, 1, 100, 2);
        }
        assertThat(out.toString(StandardCharsets.UTF_8).lines().map(String::strip))
                .containsExactly(
                        "1 pair was left out: both completions are the same to the model",
                        "2 pairs were left out: both completions are the same once they are cut to --max-length; a higher"
                                + " one, or another --truncation, may keep what differs",
                        "1 pair to judge by is a tie, for the same reason",
                        "2 examples contradict each other: the same texts with another label, or preferred the other way"
                                + " round; they are learned from as they are",
                        "1 example repeats an earlier one, and counts as often as it is there",
                        "learning from 4 examples, 100 tokens an epoch; 2 of all 5 examples were longer than allowed and"
                                + " cut");
    }
}
