package io.counterflow.scorer.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.scorer.api.ScoreRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestEncoderTest {

    private static final Path REWARD_MODEL = Path.of("../checkpoints/src/test/resources/fixtures/tiny-reward-model");
    private static final ScoreRequest REQUEST =
            new ScoreRequest("1", "The river rises and rises.", " A man walks home with wet feet.", Map.of());

    @TempDir
    Path folder;

    private SequenceClassifier classifier;

    @BeforeEach
    void load() {
        classifier = SequenceClassifier.load(REWARD_MODEL, ModelOptions.inference());
    }

    @AfterEach
    void close() {
        classifier.close();
    }

    @Test
    void whatIsKeptOfALongTextIsItsHeadItsTailOrBothEnds() {
        int[] all = classifier.encode(REQUEST.prompt() + REQUEST.completion()).tokens();
        int n = all.length;
        assertThat(n).isGreaterThan(12);
        assertThat(tokens(Truncation.HEAD, 12)).isEqualTo(Arrays.copyOf(all, 12));
        assertThat(tokens(Truncation.TAIL, 12)).isEqualTo(Arrays.copyOfRange(all, n - 12, n));
        assertThat(tokens(Truncation.ENDS, 12))
                .isEqualTo(IntStream.concat(Arrays.stream(all, 0, 3), Arrays.stream(all, n - 9, n))
                        .toArray());
        assertThat(tokens(Truncation.TAIL, n)).isEqualTo(all);
    }

    @Test
    void ofALongPairTheFirstTextGivesWay() {
        RequestEncoder encoder = new RequestEncoder(
                classifier, new EncodingConfig(InputForm.PAIR, null, null, null, 14, Truncation.HEAD));
        int[] prompt = classifier.tokenizer().encode(REQUEST.prompt());
        EncodedRequest encoded = encoder.pair(REQUEST.prompt(), " home");
        int[] second = classifier.tokenizer().encode(" home");
        assertThat(encoded.input().length()).isEqualTo(14);
        assertThat(encoded.cut()).isEqualTo(prompt.length + second.length - 14);
        assertThat(encoded.input().tokens()).startsWith(Arrays.copyOf(prompt, 14 - second.length));
        assertThat(encoded.input().tokens()).endsWith(second);
        // And where that is not enough, the second text's end.
        assertThat(encoder.pair("short", REQUEST.prompt()).input().tokens()).isEqualTo(Arrays.copyOf(prompt, 14));
    }

    @Test
    void aShortenedTextKeepsTheSpecialTokensAroundIt() {
        Path bert = Path.of("../checkpoints/src/test/resources/fixtures/encoder-bert");
        try (SequenceClassifier encoder = SequenceClassifier.load(bert, ModelOptions.inference())) {
            int[] all = encoder.encode("a man sleeps.").tokens();
            int n = all.length;
            EncodingConfig text = new EncodingConfig(InputForm.TEXT, null, null, null, 8, Truncation.TAIL);
            assertThat(new RequestEncoder(encoder, text)
                            .encode(new ScoreRequest("1", "", "a man sleeps.", Map.of()))
                            .input()
                            .tokens())
                    .containsExactly(
                            all[0], all[n - 7], all[n - 6], all[n - 5], all[n - 4], all[n - 3], all[n - 2], all[n - 1]);

            int[] pair = encoder.encode("a man sleeps.", "no").tokens();
            EncodingConfig pairs = new EncodingConfig(InputForm.PAIR, null, null, null, 10, Truncation.HEAD);
            EncodedRequest encoded = new RequestEncoder(encoder, pairs).pair("a man sleeps.", "no");
            int m = pair.length;
            // [CLS] first [SEP] second [SEP], and "no" is two tokens.
            assertThat(encoded.input().tokens())
                    .containsExactly(
                            pair[0],
                            pair[1],
                            pair[2],
                            pair[3],
                            pair[4],
                            pair[5],
                            pair[m - 4],
                            pair[m - 3],
                            pair[m - 2],
                            pair[m - 1]);
            assertThat(encoded.input().segments()).containsExactly(0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
            assertThat(encoded.cut()).isEqualTo(m - 10);
        }
    }

    @Test
    void aTemplateKeepsBracesThatAreNoPlaces() {
        assertThat(Template.of("{\"q\": \"{prompt}\"} {completion}{other}")
                        .fill(new ScoreRequest("1", "$1", "\\", Map.of())))
                .isEqualTo("{\"q\": \"$1\"} \\{other}");
    }

    @Test
    void whatAModelWasTrainedWithIsReadFromItsFolder() throws Exception {
        assertThat(EncodingFile.read(folder)).isEqualTo(EncodingConfig.unset());
        EncodingConfig trained = new EncodingConfig(InputForm.PAIR, null, false, null, 99, Truncation.ENDS);
        EncodingFile.write(folder, trained);
        assertThat(EncodingFile.read(folder)).isEqualTo(trained);
        assertThat(new EncodingConfig(null, "{completion}", null, null, 50, null).or(trained))
                .isEqualTo(new EncodingConfig(InputForm.PAIR, "{completion}", false, null, 50, Truncation.ENDS));
        Files.writeString(folder.resolve(EncodingFile.NAME), "{\"maxLength\": \"long\"}");
        assertThatThrownBy(() -> EncodingFile.read(folder)).hasMessageContaining("scorer.json is damaged");
    }

    private int[] tokens(Truncation truncation, int maxLength) {
        return new RequestEncoder(classifier, new EncodingConfig(null, null, null, null, maxLength, truncation))
                .encode(REQUEST)
                .input()
                .tokens();
    }
}
