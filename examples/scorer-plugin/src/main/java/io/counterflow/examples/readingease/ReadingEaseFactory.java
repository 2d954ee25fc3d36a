package io.counterflow.examples.readingease;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.util.Map;

/** Makes scorers of kind {@code reading-ease}: how easily the completion reads. */
public final class ReadingEaseFactory implements ScorerFactory<ReadingEaseConfig> {

    @Override
    public String name() {
        return "reading-ease";
    }

    /** Raised whenever the same completion may get another score than before. */
    @Override
    public String version() {
        return "1";
    }

    @Override
    public Class<ReadingEaseConfig> configuration() {
        return ReadingEaseConfig.class;
    }

    @Override
    public Scorer create(ReadingEaseConfig config) {
        return batch -> batch.stream().map(request -> score(config, request)).toList();
    }

    private static ScoreOutcome score(ReadingEaseConfig config, ScoreRequest request) {
        ReadingEase text = ReadingEase.of(request.completion());
        if (text.words() == 0) {
            // No other try would find words: not a failure, and not a zero.
            return new Rejected("the completion has no words");
        }
        double ease = text.ease();
        return ScoreOutcome.of(
                config.wanted() == null ? ease : -Math.abs(ease - config.wanted()),
                Map.of("wordsPerSentence", text.wordsPerSentence(), "syllablesPerWord", text.syllablesPerWord()),
                Map.of("words", String.valueOf(text.words())));
    }
}
