package io.counterflow.model.tokenizer;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes the tokenizer of a small closed vocabulary: each word is one token, words are divided by white space, and
 * decoding joins them by spaces. Loads in {@link Tokenizer} and in Python.
 *
 * <p>The ids are {@link #PAD} 0, {@link #BEGIN} 1, {@link #END} 2, then the words in their order. Encoding with special
 * tokens puts {@link #BEGIN} before the text. There is no token for unknown words: encoding one is an error, since in a
 * closed vocabulary it can only be a mistake.
 */
public final class WordLevelTokenizer {
    public static final String PAD = "<pad>";
    public static final String BEGIN = "<s>";
    public static final String END = "</s>";
    private static final List<String> SPECIAL = List.of(PAD, BEGIN, END);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private WordLevelTokenizer() {}

    /**
     * Writes {@code tokenizer.json} and {@code tokenizer_config.json} into an existing folder.
     *
     * @param words without white space, each once
     * @return size of the vocabulary: the words and the three special tokens
     * @throws TokenizerException if a word cannot be a token
     */
    public static int write(Path folder, List<String> words) {
        checkWords(words);
        try {
            var writer = MAPPER.writer(new DefaultPrettyPrinter()
                    .withObjectIndenter(new DefaultIndenter("  ", "\n"))
                    .withArrayIndenter(new DefaultIndenter("  ", "\n")));
            writer.writeValue(folder.resolve(Tokenizer.FILE_NAME).toFile(), tokenizer(words));
            writer.writeValue(folder.resolve(SpecialTokens.CONFIG_FILE).toFile(), config());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write a tokenizer to " + folder, e);
        }
        return SPECIAL.size() + words.size();
    }

    private static void checkWords(List<String> words) {
        Set<String> seen = new HashSet<>(SPECIAL);
        for (String word : words) {
            if (word.isEmpty() || word.codePoints().anyMatch(Character::isWhitespace)) {
                throw new TokenizerException("\"%s\" cannot be a word: it is empty or has white space".formatted(word));
            }
            if (!seen.add(word)) {
                throw new TokenizerException("\"%s\" is there twice, or is a special token".formatted(word));
            }
        }
    }

    private static ObjectNode tokenizer(List<String> words) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        ArrayNode added = json.putArray("added_tokens");
        for (int id = 0; id < SPECIAL.size(); id++) {
            added.addObject()
                    .put("id", id)
                    .put("content", SPECIAL.get(id))
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        json.putNull("normalizer");
        json.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        json.set("post_processor", beginFirst());
        json.putNull("decoder");
        ObjectNode model = json.putObject("model");
        model.put("type", "WordLevel");
        ObjectNode vocabulary = model.putObject("vocab");
        for (String token : SPECIAL) {
            vocabulary.put(token, vocabulary.size());
        }
        for (String word : words) {
            vocabulary.put(word, vocabulary.size());
        }
        // The format wants a name here even when no such token exists.
        model.put("unk_token", "<unk>");
        return json;
    }

    private static ObjectNode beginFirst() {
        ObjectNode template = MAPPER.createObjectNode().put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        piece(single, "SpecialToken", BEGIN);
        piece(single, "Sequence", "A");
        ArrayNode pair = template.putArray("pair");
        piece(pair, "SpecialToken", BEGIN);
        piece(pair, "Sequence", "A");
        piece(pair, "Sequence", "B");
        ObjectNode begin = template.putObject("special_tokens").putObject(BEGIN);
        begin.put("id", BEGIN);
        begin.putArray("ids").add(SPECIAL.indexOf(BEGIN));
        begin.putArray("tokens").add(BEGIN);
        return template;
    }

    private static void piece(ArrayNode template, String kind, String id) {
        template.addObject().putObject(kind).put("id", id).put("type_id", 0);
    }

    private static ObjectNode config() {
        return MAPPER.createObjectNode()
                .put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("bos_token", BEGIN)
                .put("eos_token", END)
                .put("pad_token", PAD)
                .put("clean_up_tokenization_spaces", false);
    }
}
