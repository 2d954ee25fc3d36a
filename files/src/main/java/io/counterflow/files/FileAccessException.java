package io.counterflow.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** A file that could not be read or written: the message names it, and says in one line what the system said, which names none. */
public final class FileAccessException extends IOException {

    private static final long serialVersionUID = 1L;

    private FileAccessException(String message, IOException cause) {
        super(message, cause);
    }

    /**
     * A file that could not be read to its end; that it is not there stays the exception for that.
     *
     * @param after the last line that was read; 0 for none
     */
    public static IOException reading(Path file, long after, IOException cause) {
        if (cause instanceof NoSuchFileException || cause instanceof FileAccessException) {
            return cause;
        }
        return new FileAccessException(
                "cannot read " + file + (after == 0 ? "" : " after line " + after) + ": " + reason(file, cause), cause);
    }

    /** A file that could not be written. */
    public static IOException writing(Path file, IOException cause) {
        return cause instanceof FileAccessException
                ? cause
                : new FileAccessException("cannot write " + file + ": " + reason(file, cause), cause);
    }

    private static String reason(Path file, IOException cause) {
        if (cause instanceof NoSuchFileException) {
            return "there is no folder "
                    + Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
        }
        if (cause instanceof AccessDeniedException) {
            return "there is no permission for it";
        }
        if (cause instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return cause.getMessage() == null
                ? "it ends too soon"
                : cause.getMessage().strip().replaceAll("\\s*\\R\\s*", " | ");
    }
}
