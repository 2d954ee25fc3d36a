package io.counterflow.scorer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {

    @TempDir
    Path folder;

    @Test
    void pairsOfTexts() throws IOException {
        Dataset<PreferencePair> pairs = Dataset.pairs(file("""
                {"prompt": "Q: ", "chosen": "yes", "rejected": "no", "subset": "ignored"}

                {"prompt": "P", "chosen": "a", "rejected": "b"}
                """), OnBadLine.FAIL);
        assertThat(pairs.examples())
                .containsExactly(
                        new PreferencePair("Q: ", List.of(), "yes", "no"),
                        new PreferencePair("P", List.of(), "a", "b"));
        assertThat(pairs.badLines()).isEmpty();
    }

    @Test
    void pairsOfConversationsInBothUsualSpellings() throws IOException {
        Dataset<PreferencePair> pairs = Dataset.pairs(file("""
                {"prompt": [{"role": "user", "content": "Hi"}], "chosen": [{"role": "assistant", "content": "Hello!"}], "rejected": "Go"}
                {"chosen": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello!"}], "rejected": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Go"}]}
                """), OnBadLine.FAIL);
        PreferencePair expected = new PreferencePair("Hi", List.of(new Turn("user", "Hi")), "Hello!", "Go");
        assertThat(pairs.examples()).containsExactly(expected, expected);
    }

    @Test
    void withoutAPromptItIsWhatBothBeginWith() throws IOException {
        Dataset<PreferencePair> pairs = Dataset.pairs(
                file(
                        "{\"chosen\": \"Human: Hi\\n\\nAssistant: Good day\", \"rejected\": \"Human: Hi\\n\\nAssistant: Go\"}"),
                OnBadLine.FAIL);
        assertThat(pairs.examples())
                .containsExactly(new PreferencePair("Human: Hi\n\nAssistant: ", List.of(), "Good day", "Go"));
    }

    @Test
    void sayingNothingIsACompletion() throws IOException {
        Dataset<PreferencePair> pairs =
                Dataset.pairs(file("{\"prompt\": \"Q: \", \"chosen\": \"yes\", \"rejected\": \"\"}"), OnBadLine.FAIL);
        assertThat(pairs.examples()).containsExactly(new PreferencePair("Q: ", List.of(), "yes", ""));
    }

    @Test
    void labelsAreTextsNumbersOrTruthValues() throws IOException {
        Dataset<LabelledText> texts = Dataset.labels(file("""
                {"text": "fine", "label": "positive"}
                {"text": "dull", "label": 0}
                {"prompt": "Q", "completion": "A", "label": true}
                """), OnBadLine.FAIL);
        assertThat(texts.examples())
                .containsExactly(
                        new LabelledText("", List.of(), "fine", "positive"),
                        new LabelledText("", List.of(), "dull", "0"),
                        new LabelledText("Q", List.of(), "A", "true"));
    }

    @Test
    void nliFromAGzippedFile() throws IOException {
        Path file = folder.resolve("nli.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("""
                    {"premise": "A man sleeps.", "hypothesis": "A man is awake.", "label": "contradiction"}
                    {"premise": "A man sleeps.", "hypothesis": "Someone sleeps.", "label": 0}
                    """.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Dataset.nli(file, OnBadLine.FAIL).examples())
                .extracting(NliPair::label)
                .containsExactly(NliLabel.CONTRADICTION, NliLabel.ENTAILMENT);
    }

    @Test
    void nliAsItsAuthorsDistributeIt() throws IOException {
        Path file = file("""
                {"annotator_labels": ["neutral"], "gold_label": "neutral", "pairID": "1", "sentence1": "A man sleeps.", "sentence2": "He dreams."}
                {"gold_label": "-", "sentence1": "A man sleeps.", "sentence2": "Nobody agreed on this one."}
                """);
        Dataset<NliPair> read = Dataset.nli(file, OnBadLine.SKIP);
        assertThat(read.examples()).containsExactly(new NliPair("A man sleeps.", "He dreams.", NliLabel.NEUTRAL));
        assertThat(read.badLines().get(0).toString()).contains("'gold_label' is \"-\"");
    }

    @Test
    void theHashIsThatOfTheFile() throws IOException {
        // printf '{"text":"a","label":1}\n' | sha256sum
        assertThat(Dataset.labels(file("{\"text\":\"a\",\"label\":1}\n"), OnBadLine.FAIL)
                        .sha256())
                .isEqualTo("197ae27cc0ba7769737ab7f7649e9b8ede04b6b698d5e187c8c017f109463ede");
    }

    @Test
    void brokenLinesAreNamedWithNumberAndCause() throws IOException {
        Path file = file("""
                {"premise": "p", "hypothesis": "h", "label": "entailment"}

                {"premise": "p", "hypothesis": "h", "label": "maybe"}
                {"premise": "p", "label": "neutral"}
                nonsense
                [1]
                """);
        assertThatThrownBy(() -> Dataset.nli(file, OnBadLine.FAIL))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(file + " has 4 broken lines: line 3: 'label' is \"maybe\"; it must be entailment")
                .hasMessageContaining("line 4: 'hypothesis' is missing")
                .hasMessageContaining("line 5: not JSON")
                .hasMessageContaining("line 6: not a JSON object")
                .hasMessageContaining("--on-bad-line skip");

        Dataset<NliPair> rest = Dataset.nli(file, OnBadLine.SKIP);
        assertThat(rest.examples()).hasSize(1);
        assertThat(rest.badLines()).extracting(BadLine::number).containsExactly(3L, 4L, 5L, 6L);
    }

    @Test
    void aMissingOrEmptyFileOrOneThatIsNotUtf8IsOneLine() throws IOException {
        assertThatThrownBy(() -> Dataset.pairs(folder.resolve("none.jsonl"), OnBadLine.FAIL))
                .isInstanceOf(DatasetException.class)
                .hasMessage("there is no file " + folder.resolve("none.jsonl"));
        assertThatThrownBy(() -> Dataset.pairs(file("\n\n"), OnBadLine.FAIL))
                .isInstanceOf(DatasetException.class)
                .hasMessageEndingWith("has no example");
        Path latin = folder.resolve("latin.jsonl");
        Files.write(latin, "{\"text\": \"d\u00e9j\u00e0\", \"label\": 1}".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Dataset.labels(latin, OnBadLine.FAIL))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("is not UTF-8");
    }

    private Path file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "data", ".jsonl"), content);
    }
}
