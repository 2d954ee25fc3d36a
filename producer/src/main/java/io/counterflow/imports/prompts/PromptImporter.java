package io.counterflow.imports.prompts;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.Publication;
import io.counterflow.log.Topic;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.BadLinesException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.schemas.Prompt;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Brings prompts from a file of JSON lines, gzipped or not, into the log. Prompts have deterministic ids, so importing a
 * file again changes nothing but the time of the import. Thread-safe.
 */
public final class PromptImporter {

    private final Log log;
    private final InstantSource clock;

    /**
     * What came of an import.
     *
     * @param lines that were not empty
     * @param imported prompts that are in the log now
     * @param duplicates lines with a prompt that an earlier line has
     * @param otherMetadata those of them that have other metadata than the first, which are the ones that were taken
     */
    public record Result(long lines, long imported, long duplicates, long otherMetadata, List<BadLine> badLines) {}

    public PromptImporter(Log log, InstantSource clock) {
        this.log = Objects.requireNonNull(log, "log");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /**
     * Imports a file.
     *
     * @param split of every prompt; where absent, a line's column {@code split} says it, or it is {@code train}
     * @throws BadLinesException when lines are broken and they are not to be skipped; nothing is imported then
     * @throws LogException when the file cannot be read or the log cannot be written
     */
    public Result importFile(
            Path file, String task, Optional<String> split, PromptColumns columns, OnBadLine onBadLine) {
        PromptLineParser parser = new PromptLineParser(task, split, columns, clock.instant());
        if (onBadLine == OnBadLine.FAIL) {
            Result checked = read(file, parser, prompt -> {});
            if (!checked.badLines().isEmpty()) {
                throw new BadLinesException(file, checked.badLines());
            }
        }
        try (Publication publication = new Publication(log, Topic.PROMPTS)) {
            Result result = read(file, parser, prompt -> publication.add(prompt.getPromptId(), prompt));
            publication.finish();
            return result;
        }
    }

    /**
     * Reads a file as {@link #importFile} would, and writes nothing.
     *
     * @param now what the prompts have as the time of their import
     * @param each is told of every prompt once
     * @throws BadLinesException when lines are broken and they are not to be skipped
     * @throws LogException when the file cannot be read
     */
    public static Result read(
            Path file,
            String task,
            Optional<String> split,
            PromptColumns columns,
            OnBadLine onBadLine,
            Instant now,
            Consumer<Prompt> each) {
        Result result = read(file, new PromptLineParser(task, split, columns, now), each);
        if (onBadLine == OnBadLine.FAIL && !result.badLines().isEmpty()) {
            throw new BadLinesException(file, result.badLines());
        }
        return result;
    }

    private static Result read(Path file, PromptLineParser parser, Consumer<Prompt> each) {
        Map<String, Map<String, String>> seen = new HashMap<>();
        AtomicLong lines = new AtomicLong();
        AtomicLong otherMetadata = new AtomicLong();
        List<BadLine> bad = new JsonLinesFile(file).read(object -> {
            Prompt prompt = parser.parse(object);
            lines.incrementAndGet();
            Map<String, String> first = seen.putIfAbsent(prompt.getPromptId(), prompt.getMetadata());
            if (first == null) {
                each.accept(prompt);
            } else if (!first.equals(prompt.getMetadata())) {
                otherMetadata.incrementAndGet();
            }
        });
        return new Result(lines.get() + bad.size(), seen.size(), lines.get() - seen.size(), otherMetadata.get(), bad);
    }
}
