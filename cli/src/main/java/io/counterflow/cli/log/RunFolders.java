package io.counterflow.cli.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Where the runs of one data directory keep their files: {@code kafka/} is the embedded broker's, {@code runs/<run id>/} one run's. A run is finished
 * when its report is written, or where it only samples, when it says so.
 *
 * @param data the data directory, by default {@code .counterflow}
 */
public record RunFolders(Path data) {

    /** The data directory of commands that are not told another. */
    static final String DEFAULT = ".counterflow";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    public RunFolders {
        data = Objects.requireNonNull(data, "data").toAbsolutePath().normalize();
    }

    /** The option by which a command that is started in the same folder finds this data directory, after a space; empty where it needs none. */
    public String option() {
        return data.equals(Path.of(DEFAULT).toAbsolutePath().normalize()) ? "" : " --data " + data;
    }

    /** The embedded broker's data. */
    public Path kafka() {
        return data.resolve("kafka");
    }

    /** One run's folder. */
    public RunFolder run(String runId) {
        return new RunFolder(runId, data.resolve("runs").resolve(runId));
    }

    /** The unfinished run that was started last. */
    public Optional<RunFolder> newestUnfinished() {
        return runs().stream().filter(r -> !r.finished()).max(Comparator.comparing(RunFolder::startedAt));
    }

    /** All runs that have a configuration, in no order. */
    public List<RunFolder> runs() {
        Path runs = data.resolve("runs");
        if (!Files.isDirectory(runs)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(runs)) {
            return folders.map(f -> new RunFolder(f.getFileName().toString(), f))
                    .filter(RunFolder::begun)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list the runs in " + runs, e);
        }
    }

    /** An identifier that says when the run was started. */
    public static String newRunId(Instant now, RandomGenerator random) {
        return "r-" + TIME.format(now) + "-" + String.format("%04x", random.nextInt(0x10000));
    }

    /** The files of one run. */
    public record RunFolder(String runId, Path folder) {

        /** The configuration that the run was started with. */
        public Path configuration() {
            return folder.resolve("run.yaml");
        }

        /** Whether the run has begun, and can be gone on with. */
        public boolean begun() {
            return Files.exists(configuration());
        }

        /** Makes a run that could not begin one that has not: its name is free again. Other files that are there stay. */
        public void forget() {
            try {
                Files.deleteIfExists(configuration());
                try (Stream<Path> left = Files.list(folder)) {
                    if (left.findAny().isPresent()) {
                        return;
                    }
                }
                Files.delete(folder);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot remove " + folder, e);
            }
        }

        /** The policy that the run starts from, where it makes one. */
        public Path base() {
            return folder.resolve("base");
        }

        /** The trainer's checkpoints. */
        public Path checkpoints() {
            return folder.resolve("checkpoints");
        }

        /** Kafka Streams' state stores. */
        public Path state() {
            return folder.resolve("streams");
        }

        /** The page that is written when the run has ended. */
        public Path report() {
            return folder.resolve("report.html");
        }

        /** Is there when a run that only samples has done so. */
        public Path sampled() {
            return folder.resolve("sampled.txt");
        }

        private boolean finished() {
            return Files.exists(report()) || Files.exists(sampled());
        }

        private java.nio.file.attribute.FileTime startedAt() {
            try {
                return Files.getLastModifiedTime(configuration());
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + configuration(), e);
            }
        }
    }
}
