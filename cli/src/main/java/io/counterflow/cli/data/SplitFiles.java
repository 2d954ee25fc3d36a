package io.counterflow.cli.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.files.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes documents into a training and a validation file. Which goes where depends on its own text alone, so that more documents move none; so does the
 * order, so that the first lines of a file are a sample of all.
 */
final class SplitFiles {

    private final ObjectMapper json = new ObjectMapper();
    private final Path folder;
    private final double validationShare;
    private final long seed;

    record Counts(int training, int validation) {}

    SplitFiles(Path folder, double validationShare, long seed) {
        if (!(validationShare > 0 && validationShare < 1)) {
            throw new IllegalArgumentException(
                    "--validation-share is " + validationShare + ", must be above 0 and below 1");
        }
        this.folder = folder;
        this.validationShare = validationShare;
        this.seed = seed;
    }

    /** Writes both files, each whole or not at all; a document that is there twice counts once. */
    Counts write(List<DebianDescription> descriptions) throws IOException {
        Files.createDirectories(folder);
        Set<String> seen = new HashSet<>();
        List<DebianDescription> unique =
                descriptions.stream().filter(d -> seen.add(d.document())).toList();
        Map<Boolean, List<DebianDescription>> held = unique.stream()
                .sorted(Comparator.comparingDouble(this::place))
                .collect(Collectors.partitioningBy(d -> place(d) < validationShare));
        write("train.jsonl.gz", held.get(false));
        write("validation.jsonl.gz", held.get(true));
        return new Counts(held.get(false).size(), held.get(true).size());
    }

    /** From 0 to 1, as good as random. */
    private double place(DebianDescription description) {
        byte[] hash = Sha256.digest().digest((seed + "\n" + description.document()).getBytes(StandardCharsets.UTF_8));
        return (ByteBuffer.wrap(hash).getLong() >>> 11) * 0x1.0p-53;
    }

    private void write(String name, List<DebianDescription> descriptions) throws IOException {
        try (WholeJsonLines out = new WholeJsonLines(folder.resolve(name))) {
            for (DebianDescription one : descriptions) {
                out.add(json.createObjectNode()
                        .put("id", one.id())
                        .put("prompt", one.prompt())
                        .put("completion", one.completion())
                        .put("document", one.document())
                        .put("summary", one.summary()));
            }
            out.finish();
        }
    }
}
