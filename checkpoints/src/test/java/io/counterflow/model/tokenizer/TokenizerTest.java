package io.counterflow.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Index;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures");

    @TempDir
    Path folder;

    @Test
    void textComesBackFromItsIds() {
        try (Tokenizer tokenizer = Tokenizer.load(FIXTURES.resolve("tiny-llama"))) {
            String text = "Where does the naïve café stand? 你好 🙂";
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
            assertThat(tokenizer.encode("")).isEmpty();
            assertThat(tokenizer.decode(new int[0])).isEmpty();
        }
    }

    @Test
    void specialTokensAreKnownByTheirRolesAndLeftOutOfText() {
        try (Tokenizer tokenizer = Tokenizer.load(FIXTURES.resolve("tiny-llama"))) {
            assertThat(tokenizer.bosTokenId()).hasValue(0);
            assertThat(tokenizer.eosTokenId()).hasValue(1);
            assertThat(tokenizer.padTokenId()).isEmpty();
            int[] ids = tokenizer.encode("<s>one</s>");
            assertThat(ids).startsWith(0).endsWith(1);
            assertThat(tokenizer.decode(ids)).isEqualTo("one");
            assertThat(tokenizer.decode(ids, false)).isEqualTo("<s>one</s>");
            assertThat(tokenizer.isSpecial(0)).isTrue();
            assertThat(tokenizer.isSpecial(20)).isFalse();
        }
    }

    @Test
    void tokenizerOfAnotherModelDoesNotFit() {
        try (Tokenizer tokenizer = Tokenizer.load(FIXTURES.resolve("tiny-llama"), 289)) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(289);
            assertThat(tokenizer.withoutEmbedding()).isEmpty();
        }
        assertThatThrownBy(() -> Tokenizer.load(FIXTURES.resolve("tiny-llama"), 288))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("ids go up to 288, the model's vocabulary has 288 tokens");
    }

    /** The texts are those of tokenizers 0.23.2. */
    @Test
    void aTokenThatWasAddedAsNormalizedTextKeepsTheSpaceThatItStandsFor() throws IOException {
        String json = Files.readString(Path.of("src/test/resources/tokenizers/sentencepiece-prepend.json"));
        String added =
                "\"added_tokens\": [{\"id\": 351, \"content\": \"dogran\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false,"
                        + " \"normalized\": true, \"special\": false}, ";
        Files.writeString(folder.resolve("tokenizer.json"), json.replaceFirst("\"added_tokens\": *\\[", added));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            int[] ids = tokenizer.encode("the dogran ran");
            assertThat(ids).hasSize(3).contains(351, Index.atIndex(1));
            assertThat(tokenizer.decode(ids)).isEqualTo("the dogran ran");
            assertThat(tokenizer.decode(new int[] {351, 351})).isEqualTo("dogran dogran");
            assertThat(CompletionText.of(tokenizer, new int[] {ids[0]}, new int[] {351}))
                    .isEqualTo(" dogran");
        }
    }

    /** As in transformers, which embeds what a text has and looks no further. */
    @Test
    void aTokenThatWasAddedBeyondTheEmbeddingsIsRefusedWhereATextBringsIt() throws IOException {
        String json = Files.readString(FIXTURES.resolve("tiny-llama/tokenizer.json"));
        String added =
                "\"added_tokens\": [{\"id\": 289, \"content\": \"<pad>\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false,"
                        + " \"normalized\": false, \"special\": true}, ";
        Files.writeString(folder.resolve("tokenizer.json"), json.replaceFirst("\"added_tokens\": *\\[", added));
        try (Tokenizer tokenizer = Tokenizer.load(folder, 289)) {
            assertThat(tokenizer.withoutEmbedding()).containsExactly("<pad>");
            assertThat(tokenizer.encode("a text")).isNotEmpty();
            for (Runnable encode : List.<Runnable>of(
                    () -> tokenizer.encode("a<pad>"),
                    () -> tokenizer.encodeWhole("a<pad>"),
                    () -> tokenizer.encodePair("a", "<pad>"))) {
                assertThatThrownBy(encode::run)
                        .isInstanceOf(TokenizerException.class)
                        .hasMessageContaining("the text has the token \"<pad>\" (id 289)")
                        .hasMessageContaining("beyond the 289 embeddings");
            }
        }
    }

    @Test
    void wordLevelTokenizerHasOneTokenForAWordAndJoinsBySpaces() {
        int size =
                WordLevelTokenizer.write(folder, List.of("the", "sum", "of", "a", "and", "b", ",", "plus", "3", "("));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(size).isEqualTo(13);
            assertThat(tokenizer.vocabularySize()).isEqualTo(13);
            assertThat(tokenizer.encode("the sum of a and b , plus 3")).containsExactly(3, 4, 5, 6, 7, 8, 9, 10, 11);
            assertThat(tokenizer.encode("the sum", true)).containsExactly(1, 3, 4);
            assertThat(tokenizer.decode(new int[] {1, 3, 4, 9, 12, 2, 0, 0})).isEqualTo("the sum , (");
            assertThat(tokenizer.padTokenId()).hasValue(0);
            assertThat(tokenizer.bosTokenId()).hasValue(1);
            assertThat(tokenizer.eosTokenId()).hasValue(2);
            assertThatThrownBy(() -> tokenizer.encode("the product"))
                    .isInstanceOf(TokenizerException.class)
                    .hasMessageContaining("cannot encode \"the product\"");
        }
    }

    @Test
    void wordsThatCannotBeTokensAreRefused() {
        assertThatThrownBy(() -> WordLevelTokenizer.write(folder, List.of("two words")))
                .hasMessage("\"two words\" cannot be a word: it is empty or has white space");
        assertThatThrownBy(() -> WordLevelTokenizer.write(folder, List.of("a", "b", "a")))
                .hasMessageContaining("twice");
        assertThatThrownBy(() -> WordLevelTokenizer.write(folder, List.of("</s>")))
                .hasMessageContaining("special");
    }

    @Test
    void tokensThatOnlyTheConfigurationAddsAreNamed() throws IOException {
        Files.copy(FIXTURES.resolve("tiny-llama/tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"added_tokens_decoder\":{\"0\":{\"content\":\"<s>\"},\"300\":{\"content\":\"<tool>\"}}}");
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("adds the token \"<tool>\", which is not in " + folder.resolve("tokenizer.json"));
    }

    @Test
    void missingOrBrokenTokenizerIsOneClearLine() throws IOException {
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(TokenizerException.class)
                .hasMessage("there is no tokenizer.json in " + folder);
        Files.writeString(folder.resolve("merges.txt"), "");
        Files.writeString(folder.resolve("vocab.json"), "{}");
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("save it again with transformers");
        Path file = Files.writeString(folder.resolve("tokenizer.json"), "{\"model\":");
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(TokenizerException.class)
                .hasMessageStartingWith(file + " is not valid JSON");
        Files.writeString(file, "{\"model\":{\"type\":\"Abacus\",\"vocab\":{\"a\":0}}}");
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(TokenizerException.class)
                .hasMessageStartingWith(file + " is not a valid tokenizer");
    }
}
