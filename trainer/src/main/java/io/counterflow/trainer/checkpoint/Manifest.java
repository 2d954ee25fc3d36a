package io.counterflow.trainer.checkpoint;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.counterflow.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a checkpoint folder must hold: {@code manifest.json}.
 *
 * @param format version of this form
 * @param step optimizer steps taken
 * @param previous SHA-256 of the manifest of the checkpoint before, which closes the chain; null in the first
 * @param files SHA-256 and size of every other file, by name
 */
@JsonPropertyOrder({"format", "step", "previous", "files"})
public record Manifest(int format, long step, String previous, SortedMap<String, Entry> files) {

    static final String FILE = "manifest.json";
    static final int FORMAT = 1;

    /** One file: SHA-256 in lower-case hexadecimal, and length in bytes. */
    @JsonPropertyOrder({"sha256", "bytes"})
    public record Entry(String sha256, long bytes) {}

    static Manifest of(Path folder, long step, String previous) throws IOException {
        SortedMap<String, Entry> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path file :
                    paths.filter(p -> !p.getFileName().toString().equals(FILE)).toList()) {
                files.put(file.getFileName().toString(), new Entry(Sha256.of(file), Files.size(file)));
            }
        }
        return new Manifest(FORMAT, step, previous, files);
    }

    /** What is wrong with the folder's files, in words; empty where nothing is. */
    List<String> faults(Path folder) throws IOException {
        List<String> faults = new ArrayList<>();
        if (format != FORMAT) {
            faults.add("its manifest has format " + format + ", this version reads " + FORMAT);
        }
        for (var file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            if (!Files.isRegularFile(path)) {
                faults.add(file.getKey() + " is missing");
            } else if (Files.size(path) != file.getValue().bytes()) {
                faults.add(file.getKey() + " has " + Files.size(path) + " bytes, the manifest says "
                        + file.getValue().bytes());
            } else if (!Sha256.of(path).equals(file.getValue().sha256())) {
                faults.add(file.getKey() + " has another SHA-256 than the manifest says");
            }
        }
        return faults;
    }
}
