package io.counterflow.log.lines;

import java.io.IOException;

/** A file that holds something else than lines of text in UTF-8, by its first bytes; the message says what. */
public final class NotJsonLinesException extends IOException {

    private static final long serialVersionUID = 1L;

    NotJsonLinesException(String message) {
        super(message);
    }
}
