package io.counterflow.log.lines;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A file has broken lines, and nothing of it was taken. */
public final class BadLinesException extends RuntimeException {

    private static final int SHOWN = 5;

    private final transient List<BadLine> lines;

    public BadLinesException(Path file, List<BadLine> lines) {
        super(message(file, lines));
        this.lines = List.copyOf(lines);
    }

    private static String message(Path file, List<BadLine> lines) {
        String shown = lines.stream().limit(SHOWN).map(BadLine::toString).collect(Collectors.joining("; "));
        return file + " has " + lines.size() + (lines.size() == 1 ? " broken line (" : " broken lines (") + shown
                + (lines.size() > SHOWN ? "; ..." : "")
                + "); nothing of it was taken. Mend it, or take the rest with --on-bad-line skip (in a run's configuration: onBadLine: skip)";
    }

    /** All of them, in order. */
    public List<BadLine> lines() {
        return lines;
    }
}
