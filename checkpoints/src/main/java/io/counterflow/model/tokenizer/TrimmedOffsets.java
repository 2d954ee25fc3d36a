package io.counterflow.model.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The setting {@code trim_offsets} of byte-level post-processors: with it, the places of tokens leave out their spaces, and with them where a text may be
 * divided. No id depends on it.
 */
final class TrimmedOffsets {
    private static final JsonFactory JSON = new JsonFactory();

    private TrimmedOffsets() {}

    /** A tokenizer.json with the setting off; every other byte is as it was. */
    static byte[] off(byte[] tokenizer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(tokenizer.length + 8);
        int written = 0;
        try (JsonParser parser = JSON.createParser(tokenizer)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean post = parser.currentName().equals("post_processor");
                parser.nextToken();
                if (!post) {
                    parser.skipChildren();
                    continue;
                }
                for (int depth = parser.currentToken().isStructStart() ? 1 : 0; depth > 0; ) {
                    JsonToken token = parser.nextToken();
                    depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                    if (token == JsonToken.VALUE_TRUE && parser.currentName().equals("trim_offsets")) {
                        int at = (int) parser.currentTokenLocation().getByteOffset();
                        out.write(tokenizer, written, at - written);
                        out.writeBytes("false".getBytes(StandardCharsets.UTF_8));
                        written = at + "true".length();
                    }
                }
            }
        }
        out.write(tokenizer, written, tokenizer.length - written);
        return out.toByteArray();
    }
}
