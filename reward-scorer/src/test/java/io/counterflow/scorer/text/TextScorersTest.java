package io.counterflow.scorer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.decorator.ScorerSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TextScorersTest {

    private final ScorerCatalog catalog = ScorerCatalog.onClassPath();

    private ScoreOutcome outcome(String kind, Map<String, ?> settings, String completion, Map<String, String> metadata)
            throws Exception {
        return catalog.create(kind, settings)
                .score(List.of(new ScoreRequest("t", "prompt", completion, metadata)))
                .get(0);
    }

    private double value(String kind, Map<String, ?> settings, String completion) throws Exception {
        return ((Scored) outcome(kind, settings, completion, Map.of())).value();
    }

    @Test
    void regexTellsWhetherAPatternIsFound() throws Exception {
        assertThat(value("regex", Map.of("pattern", "\\d+"), "it is 42")).isEqualTo(1);
        assertThat(value("regex", Map.of("pattern", "\\d+", "whole", true), "it is 42"))
                .isZero();
        assertThat(value("regex", Map.of("pattern", "(?i)sorry", "found", -1, "otherwise", 0.5), "Sorry!"))
                .isEqualTo(-1);
    }

    @Test
    void aPatternThatTakesForEverTimesOut() throws Exception {
        ScorerSettings settings = new ScorerSettings(null, null, null, Duration.ofMillis(100), 1, null, null, null);
        assertThat(settings.decorate(catalog.create("regex", Map.of("pattern", "(x+x+)+\\1y")), Duration.ofHours(1))
                        .score(List.of(new ScoreRequest("t", "", "x".repeat(60), Map.of()))))
                .containsExactly(new ScoreOutcome.TimedOut("no answer within PT0.1S for a batch of 1"));
    }

    @Test
    void aTextOnWhichAPatternTakesForEverTimesOutAloneInItsBatch() throws Exception {
        String hard = "x".repeat(60);
        List<ScoreRequest> batch = List.of(
                new ScoreRequest("1", "", "xx y", Map.of()),
                new ScoreRequest("2", "", hard, Map.of()),
                new ScoreRequest("3", "", "xxxxy", Map.of()));
        assertThat(catalog.create("regex", Map.of("pattern", "(x+x+)+\\1y", "timeLimit", "200ms"))
                        .score(batch))
                .containsExactly(
                        ScoreOutcome.of(0),
                        new ScoreOutcome.TimedOut("the pattern did not match or fail within PT0.2S"),
                        ScoreOutcome.of(1));
        Map<String, ?> schema = Map.of("type", "string", "pattern", "^(x+x+)+\\1y$");
        assertThat(outcome("json-schema", Map.of("schema", schema), "\"" + hard + "\"", Map.of()))
                .isInstanceOf(ScoreOutcome.TimedOut.class);
        assertThat(value("json-schema", Map.of("schema", schema), "\"xxxxy\"")).isEqualTo(1);
    }

    @Test
    void lengthIsANumberOrAFit() throws Exception {
        assertThat(value("length", Map.of(), "three little words")).isEqualTo(3);
        assertThat(value("length", Map.of("unit", "characters"), "abc")).isEqualTo(3);
        assertThat(value("length", Map.of("min", 4, "max", 8), "two words")).isEqualTo(0.5);
        assertThat(value("length", Map.of("max", 1), "two words")).isEqualTo(0.5);
        assertThat(value("length", Map.of("max", 2), "two words")).isEqualTo(1);
    }

    @Test
    void repetitionIsTheShareOfNGramsSeenBefore() throws Exception {
        assertThat(value("repetition", Map.of("n", 1), "a a a a")).isEqualTo(0.75);
        assertThat(value("repetition", Map.of(), "all words are different here"))
                .isZero();
        assertThat(value("repetition", Map.of(), "")).isZero();
    }

    @Test
    void formatWantsEveryTagOnceAndInOrder() throws Exception {
        Map<String, ?> tags = Map.of("tags", List.of("<think>", "</think>", "<answer>", "</answer>"));
        assertThat(value("format", tags, "<think>hm</think><answer>42</answer>"))
                .isEqualTo(1);
        assertThat(value("format", tags, "<think>hm</think>42")).isEqualTo(0.5);
        assertThat(value("format", tags, "<answer>42</answer><think>hm</think>"))
                .isEqualTo(0.5);
        assertThat(value("format", tags, "<think><think></think><answer></answer>"))
                .isEqualTo(0.75);
    }

    @Test
    void rougeAgreesWithItsPaper() throws Exception {
        // Lin 2004, section 3.2: S1 is the reference, S2 and S3 have ROUGE-L 3/4 and 2/4.
        Map<String, String> police = Map.of("reference", "police killed the gunman");
        assertThat(rouge("rougel", "police kill the gunman", police).value()).isCloseTo(0.75, within(1e-12));
        assertThat(rouge("rougel", "the gunman kill police", police).value()).isCloseTo(0.5, within(1e-12));
        assertThat(rouge("rouge1", "the gunman kill police", police).value()).isCloseTo(0.75, within(1e-12));
        assertThat(rouge("rouge2", "the gunman kill police", police).value()).isCloseTo(1.0 / 3, within(1e-12));
        assertThat(rouge("rouge1", "police police", police).components())
                .containsEntry("precision", 0.5)
                .containsEntry("recall", 0.25);
        assertThat(outcome("rouge", Map.of(), "x", Map.of()))
                .isEqualTo(new Rejected("the prompt's metadata has no 'reference'"));
    }

    private Scored rouge(String variant, String completion, Map<String, String> metadata) throws Exception {
        return (Scored) outcome("rouge", Map.of("variant", variant), completion, metadata);
    }

    @Test
    void jsonSchemaTellsWhatIsWrong() throws Exception {
        Map<String, ?> schema = Map.of(
                "schema",
                Map.of(
                        "type", "object",
                        "required", List.of("name"),
                        "properties", Map.of("age", Map.of("type", "integer", "minimum", 0))));
        assertThat(value("json-schema", schema, "{\"name\": \"Ada\", \"age\": 36}"))
                .isEqualTo(1);
        Scored wrong = (Scored) outcome("json-schema", schema, "{\"age\": -1}", Map.of());
        assertThat(wrong.value()).isZero();
        assertThat(wrong.details().get("errors")).contains("name").contains("minimum");
        assertThat(value("json-schema", schema, "{\"name\": \"Ada\"} and more")).isZero();
        assertThat(value("json-schema", schema, "")).isZero();
        assertThat(outcome("json-schema", Map.of(), "1", Map.of("json_schema", "{\"type\": \"integer\"}")))
                .isEqualTo(ScoreOutcome.of(1));
        assertThat(outcome("json-schema", Map.of(), "1", Map.of())).isInstanceOf(Rejected.class);
    }

    @Test
    void wrongSettingsAreRefusedWithTheReason() {
        assertThatThrownBy(() -> catalog.create("regex", Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the regex scorer needs a pattern");
        assertThatThrownBy(() -> catalog.create("length", Map.of("mn", 3)))
                .hasMessage("settings of scorer length: unknown key 'mn'; known are [max, min, unit]");
        assertThatThrownBy(() -> catalog.create("unit-tests", Map.of("testLimit", "soon")))
                .hasMessageContaining("not a duration like 250ms, 30s, 5m or PT30S");
        assertThatThrownBy(() -> catalog.create("unit-tests", Map.of("testLimit", "0s")))
                .hasMessageContaining("must be positive");
        assertThatThrownBy(() -> catalog.create("nonsense", Map.of()))
                .hasMessageStartingWith("no scorer 'nonsense'; there are [command, entailment, format, http,");
    }
}
