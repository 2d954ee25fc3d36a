package io.counterflow.scorer.text;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.util.List;
import java.util.Map;

/** {@code format}: 1 where every tag of a list occurs exactly once and in order, else the share that does. */
public final class FormatScorerFactory implements ScorerFactory<FormatScorerFactory.Config> {

    /**
     * Configuration.
     *
     * @param tags the tags, in the order in which they must occur
     */
    public record Config(
            @JsonPropertyDescription("Tags in the order in which they must occur, each once, e.g. [<think>, </think>].")
            List<String> tags) {
        /** Checks that there are tags. */
        public Config {
            if (tags == null || tags.isEmpty() || tags.contains("")) {
                throw new IllegalArgumentException("the format scorer needs tags, e.g. tags: [<think>, </think>]");
            }
            tags = List.copyOf(tags);
        }
    }

    /** For the service loader. */
    public FormatScorerFactory() {}

    @Override
    public String name() {
        return "format";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        return new EachScorer(request -> {
            String text = request.completion();
            int right = 0;
            int from = 0;
            for (String tag : config.tags) {
                int first = text.indexOf(tag);
                boolean once = first >= 0 && text.indexOf(tag, first + 1) < 0;
                if (once && first >= from) {
                    right++;
                    from = first + tag.length();
                }
            }
            return ScoreOutcome.of(
                    (double) right / config.tags.size(),
                    Map.of("right", (double) right, "tags", (double) config.tags.size()),
                    Map.of());
        });
    }
}
