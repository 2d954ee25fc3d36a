package io.counterflow.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Expected values: FIPS 180-4's examples, and {@code sha256sum}. */
class Sha256Test {
    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void aTextIsHashedInUtf8() {
        assertThat(Sha256.of("abc")).isEqualTo(OF_ABC);
        assertThat(Sha256.of("")).isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assertThat(Sha256.of("\u00e9\u2028"))
                .isEqualTo(Sha256.of(new byte[] {(byte) 0xc3, (byte) 0xa9, (byte) 0xe2, (byte) 0x80, (byte) 0xa8}));
    }

    /** A million times the letter a, which is more than one buffer. */
    @Test
    void aFileIsHashedToItsEnd(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "a".repeat(1_000_000));
        assertThat(Sha256.of(file)).isEqualTo("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    @Test
    void aDigestTakesPiecesAndBeginsAnewOnceItHasBeenRead() {
        MessageDigest digest = Sha256.digest();
        digest.update(new byte[] {'a', 'b'});
        digest.update((byte) 'c');
        assertThat(Sha256.hex(digest)).isEqualTo(OF_ABC);
        assertThat(Sha256.hex(digest)).isEqualTo(Sha256.of(""));
    }
}
