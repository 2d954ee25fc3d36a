package io.counterflow.model.source;

import io.counterflow.model.source.RangeClient.UnreachableException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.security.MessageDigest;

/** Bytes of known number and hash that a server has. */
interface RemoteContent {
    /** As a listener hears of it. */
    String name();

    /** With where it is, as messages name it. */
    String described();

    /** Bytes in all. */
    long size();

    /** Makes a digest of the kind that {@link #hash} is of. */
    MessageDigest digest();

    /** Of all bytes, in hexadecimal. */
    String hash();

    /**
     * Asks for the bytes.
     *
     * @param from the first byte wanted
     * @return the answer: 206 with the rest, 200 with all
     * @throws SourceException if the server refuses
     * @throws UnreachableException if there is no answer
     */
    HttpResponse<InputStream> open(long from) throws UnreachableException;
}
