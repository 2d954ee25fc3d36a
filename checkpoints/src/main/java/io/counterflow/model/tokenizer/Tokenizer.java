package io.counterflow.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ForeignWeights;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Text to token ids and back, as the {@code tokenizer.json} of a checkpoint says; ids are those of the Python tokenizers.
 *
 * <p>Safe for use by several threads until it is closed.
 */
public final class Tokenizer implements AutoCloseable {
    /** Name of the file in a checkpoint's folder. */
    public static final String FILE_NAME = "tokenizer.json";

    private static final Map<String, String> OPTIONS =
            Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

    private final Path file;
    private final Vocabulary vocabulary;
    private final Map<String, String> special;
    private final HuggingFaceTokenizer tokenizer;
    private final int embeddings;
    private final boolean spellsBytes;
    private final Map<Integer, int[]> normalized;
    // The special tokens that the template puts around a text.
    private final List<String> added;

    private Tokenizer(
            Path file,
            Vocabulary vocabulary,
            Map<String, String> special,
            HuggingFaceTokenizer tokenizer,
            Map<Integer, int[]> normalized,
            int embeddings) {
        this.file = file;
        this.normalized = normalized;
        this.embeddings = embeddings;
        this.vocabulary = vocabulary;
        this.special = special;
        this.tokenizer = tokenizer;
        added = Arrays.stream(tokenizer.encode("", true, false).getIds())
                .mapToObj(id -> vocabulary.special().getOrDefault((int) id, ""))
                .filter(token -> !token.isEmpty())
                .toList();
        // Whether the decoder takes <0x41> for a byte is seen from what it makes of it.
        spellsBytes = vocabulary.bytes().entrySet().stream()
                .filter(token -> token.getValue() > ' ' && token.getValue() < 0x7F)
                .findFirst()
                .map(token -> decode(new int[] {token.getKey()}, false).equals(Character.toString(token.getValue())))
                .orElse(false);
    }

    /**
     * Loads the tokenizer of a model. A token that was added beyond the model's embeddings, such as one for padding, does no harm where no
     * text brings it; a text that does is refused.
     *
     * @param path a {@code tokenizer.json}, or the folder of a checkpoint that has one
     * @param embeddings rows of the model's embedding; more than the tokenizer needs is usual
     * @throws TokenizerException if there is none, it is not valid, or an id of its vocabulary is beyond the embedding
     */
    public static Tokenizer load(Path path, int embeddings) {
        Tokenizer tokenizer = open(path, embeddings);
        try {
            tokenizer.checkFits();
            return tokenizer;
        } catch (TokenizerException e) {
            tokenizer.close();
            throw e;
        }
    }

    /**
     * Loads a tokenizer, whatever model it is for.
     *
     * @param path a {@code tokenizer.json}, or the folder of a checkpoint that has one
     * @throws TokenizerException if there is none or it is not valid
     */
    public static Tokenizer load(Path path) {
        return open(path, Integer.MAX_VALUE);
    }

    private static Tokenizer open(Path path, int embeddings) {
        Path file = Files.isDirectory(path) ? path.resolve(FILE_NAME) : path;
        if (!Files.isRegularFile(file)) {
            throw new TokenizerException(describeMissing(file));
        }
        try {
            byte[] json = Files.readAllBytes(file);
            Vocabulary vocabulary = Vocabulary.read(json, file);
            Path folder = file.toAbsolutePath().getParent();
            Map<String, String> special = SpecialTokens.read(folder);
            SpecialTokens.requireAdded(folder, vocabulary, file);
            DjlSettings.apply();
            Map<Integer, int[]> normalized = NormalizedTokens.read(json, vocabulary, OPTIONS);
            HuggingFaceTokenizer tokenizer =
                    HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(TrimmedOffsets.off(json)), OPTIONS);
            return new Tokenizer(file, vocabulary, special, tokenizer, normalized, embeddings);
        } catch (IOException e) {
            throw new TokenizerException("cannot read %s: %s".formatted(file, e), e);
        } catch (TokenizerException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new TokenizerException("%s is not a valid tokenizer: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static String describeMissing(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        Optional<String> foreign = CheckpointTensors.areIn(folder) ? Optional.empty() : ForeignWeights.describe(folder);
        if (foreign.isPresent()) {
            // Such a folder lacks more than a tokenizer.
            return foreign.get();
        }
        String remedy = Files.exists(folder.resolve("tokenizer.model")) || Files.exists(folder.resolve("vocab.json"))
                ? "; save it again with transformers' AutoTokenizer (save_pretrained) to get one from the older files"
                : "";
        return "there is no %s in %s%s".formatted(file.getFileName(), folder, remedy);
    }

    /** The token ids of a text, without the special tokens that a model may want around it. */
    public int[] encode(String text) {
        return encode(text, false);
    }

    /**
     * The token ids of a text.
     *
     * @param withSpecialTokens whether the tokenizer's template adds its special tokens, such as a leading {@code <s>}; a text that brings them itself,
     *     white space around them left out, does not get them twice
     * @throws TokenizerException if the text has something that the vocabulary has no token for
     */
    public int[] encode(String text, boolean withSpecialTokens) {
        String bare = withSpecialTokens ? withoutMarginAtEnd(withoutMarginAtBegin(text)) : text;
        return PlacedTokens.of(guarded(bare, () -> tokenizer.encode(bare, withSpecialTokens, false)))
                .ids();
    }

    /**
     * The token ids of two texts that are one, divided where the second begins: they are the tokens of the whole. A token that stands across the border,
     * such as one of the first text's last space and the second's first word, is the second's first. As in {@code return_assistant_tokens_mask} of
     * transformers.
     *
     * @param withSpecialTokens as in {@link #encode(String, boolean)}, around the whole
     * @throws TokenizerException if the whole has something that the vocabulary has no token for
     */
    public TokenSplit split(String first, String second, boolean withSpecialTokens) {
        String begin = withSpecialTokens ? withoutMarginAtBegin(first) : first;
        String whole = begin + (withSpecialTokens ? withoutMarginAtEnd(second) : second);
        PlacedTokens tokens = PlacedTokens.of(guarded(whole, () -> tokenizer.encode(whole, withSpecialTokens, false)));
        return tokens.split(begin.codePointCount(0, begin.length()));
    }

    /**
     * The tokens of a text without special tokens around it, and which of them stand for something in parts of it.
     *
     * @param parts in the text's characters
     * @throws TokenizerException if it has something that the vocabulary has no token for
     */
    public MarkedTokens mark(String text, List<MarkedTokens.Part> parts) {
        PlacedTokens tokens = PlacedTokens.of(guarded(text, () -> tokenizer.encode(text, false, false)));
        boolean[] marked = new boolean[tokens.ids().length];
        for (MarkedTokens.Part part : parts) {
            tokens.mark(text.codePointCount(0, part.from()), text.codePointCount(0, part.to()), marked);
        }
        return new MarkedTokens(tokens.ids(), marked);
    }

    /**
     * The token ids of a text that follows tokens which stay as they are, as where a server was sent those and answers with a text: what the tokens of both
     * together have behind them, or where these begin otherwise, tokens that add this text to what the first say.
     *
     * @throws TokenizerException if the text has something that the vocabulary has no token for
     */
    public int[] encodeBehind(int[] before, String text) {
        String said = decode(before, false);
        try {
            TokenSplit whole = split(said, text, false);
            if (Arrays.equals(whole.first(), before)) {
                return whole.second();
            }
        } catch (TokenizerException e) {
            // The words that meet are one that a closed vocabulary does not have; each alone is in it.
        }
        int[] plain = encode(text);
        // Behind a line break no tokenizer adds the space that some put before a text.
        for (int[] ids : List.of(split("\n", text, false).second(), plain)) {
            int[] both = Arrays.copyOf(before, before.length + ids.length);
            System.arraycopy(ids, 0, both, before.length, ids.length);
            if (decode(both, false).equals(said + text)) {
                return ids;
            }
        }
        return plain;
    }

    /**
     * A text with the special tokens of the tokenizer's template, such as {@code [CLS] text [SEP]}; a text that brings them itself does not get them
     * twice.
     *
     * @throws TokenizerException if the text has something that the vocabulary has no token for
     */
    public Encoded encodeWhole(String text) {
        String bare = withoutMarginAtEnd(withoutMarginAtBegin(text));
        Encoding encoding = guarded(bare, () -> tokenizer.encode(bare, true, false));
        PlacedTokens tokens = PlacedTokens.of(encoding);
        int[] segments = ints(encoding.getTypeIds());
        return new Encoded(
                tokens.ids(), Arrays.copyOfRange(segments, tokens.dropped(), tokens.dropped() + tokens.ids().length));
    }

    /** Of a pair, such as {@code [CLS] first [SEP] second [SEP]}. */
    public Encoded encodePair(String first, String second) {
        return encoded(guarded(first + " / " + second, () -> tokenizer.encode(first, second, true, false)));
    }

    /** White space before a text's own special token is none of it where the template adds that token, which would be there twice. */
    private String withoutMarginAtBegin(String text) {
        String bare = text.stripLeading();
        return added.stream().anyMatch(bare::startsWith) ? bare : text;
    }

    private String withoutMarginAtEnd(String text) {
        String bare = text.stripTrailing();
        return added.stream().anyMatch(bare::endsWith) ? bare : text;
    }

    private Encoding guarded(String text, Supplier<Encoding> encode) {
        Encoding encoding = encoded(text, encode);
        for (long id : encoding.getIds()) {
            requireEmbedded(Math.toIntExact(id));
        }
        return encoding;
    }

    private Encoding encoded(String text, Supplier<Encoding> encode) {
        try {
            return encode.get();
        } catch (RuntimeException e) {
            throw new TokenizerException(
                    "%s cannot encode \"%s\": %s".formatted(file, abbreviate(text), e.getMessage()), e);
        }
    }

    private static Encoded encoded(Encoding encoding) {
        return new Encoded(ints(encoding.getIds()), ints(encoding.getTypeIds()));
    }

    /**
     * Checks that the model has an embedding for a token.
     *
     * @throws TokenizerException with the token, if it was added beyond them
     */
    public void requireEmbedded(int id) {
        if (id >= embeddings) {
            throw new TokenizerException(
                    ("the text has the token \"%s\" (id %d), which %s adds beyond the %d embeddings of the model; take it out, or"
                                    + " give the model room for it with transformers in Python"
                                    + " (model.resize_token_embeddings(len(tokenizer)), save_pretrained)")
                            .formatted(vocabulary.token(id), id, file, embeddings));
        }
    }

    private static int[] ints(long[] values) {
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    private static String abbreviate(String text) {
        return text.length() <= 80 ? text : text.substring(0, 77) + "...";
    }

    /**
     * The text of token ids, special tokens left out. Not what they add to tokens before them: that is {@link CompletionText}.
     */
    public String decode(int[] ids) {
        return decode(ids, true);
    }

    /** The text of token ids; a special token is left out or spelled out. */
    public String decode(int[] ids, boolean skipSpecialTokens) {
        if (ids.length == 0) {
            return "";
        }
        IntStream known = Arrays.stream(ids);
        if (!normalized.isEmpty()) {
            known = known.flatMap(id -> Arrays.stream(normalized.getOrDefault(id, new int[] {id})));
        }
        return tokenizer.decode(known.asLongStream().toArray(), skipSpecialTokens);
    }

    /** One more than the highest token id: the rows that an embedding must have. */
    public int vocabularySize() {
        return vocabulary.size();
    }

    /** The id of a token by its exact content, special or not. */
    public OptionalInt id(String token) {
        return vocabulary.id(token);
    }

    /** Whether an id is that of a special token, which decoding leaves out. */
    public boolean isSpecial(int id) {
        return vocabulary.isSpecial(id);
    }

    /** Whether the model has an embedding for a token id, be it of this tokenizer or not. */
    public boolean hasEmbedding(int id) {
        return id >= 0 && id < embeddings;
    }

    /** What the special tokens are spelled as, by id. */
    Map<Integer, String> special() {
        return vocabulary.special();
    }

    /** Whether an id is that of a token; the model's vocabulary may be larger. */
    boolean isKnown(int id) {
        return vocabulary.isKnown(id);
    }

    /** The byte that a token stands for, of a tokenizer that spells in bytes what it has no token for; -1 for every other token. */
    int byteOf(int id) {
        return spellsBytes ? vocabulary.bytes().getOrDefault(id, -1) : -1;
    }

    /** Whether some tokens are single bytes by their name, so that every other one is of whole characters. */
    boolean spellsBytes() {
        return spellsBytes;
    }

    /** The token that {@code tokenizer_config.json} calls {@code bos_token}, if it names one that exists. */
    public OptionalInt bosTokenId() {
        return idOf("bos_token");
    }

    /** The token that {@code tokenizer_config.json} calls {@code eos_token}, if it names one that exists. */
    public OptionalInt eosTokenId() {
        return idOf("eos_token");
    }

    /** The token that {@code tokenizer_config.json} calls {@code pad_token}, if it names one that exists. */
    public OptionalInt padTokenId() {
        return idOf("pad_token");
    }

    private void checkFits() {
        if (vocabulary.sizeWithoutAdded() > embeddings) {
            throw new TokenizerException(
                    ("%s does not fit the model: its ids go up to %d, the model's vocabulary has %d tokens. Is it another"
                                    + " model's tokenizer?")
                            .formatted(file, vocabularySize() - 1, embeddings));
        }
    }

    /** Tokens that were added beyond the embeddings of the model, in the order of their ids. */
    public List<String> withoutEmbedding() {
        return vocabulary.from(embeddings);
    }

    /** The file it was loaded from. */
    public Path file() {
        return file;
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private OptionalInt idOf(String role) {
        return special.containsKey(role) ? vocabulary.id(special.get(role)) : OptionalInt.empty();
    }
}
