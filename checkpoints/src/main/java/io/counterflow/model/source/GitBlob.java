package io.counterflow.model.source;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** By what a hub knows its small files, as git does. Large files have a SHA-256. */
final class GitBlob {
    private GitBlob() {}

    /** What git calls a blob's object id: SHA-1 over a header with the length, then the content. */
    static MessageDigest digest(long length) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
        digest.update(("blob " + length + "\0").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        return digest;
    }
}
