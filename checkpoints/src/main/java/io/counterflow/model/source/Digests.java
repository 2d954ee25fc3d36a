package io.counterflow.model.source;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The two digests by which files are known: SHA-256 of large files, SHA-1 in git's form of small ones. */
final class Digests {
    private Digests() {}

    static MessageDigest sha256() {
        return of("SHA-256");
    }

    /** What git calls a blob's object id: SHA-1 over a header with the length, then the content. */
    static MessageDigest gitBlob(long length) {
        MessageDigest digest = of("SHA-1");
        digest.update(("blob " + length + "\0").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        return digest;
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest of(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
