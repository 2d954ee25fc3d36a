package io.counterflow.cli.data;

import io.counterflow.files.FileTree;
import io.counterflow.model.source.SourceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Package descriptions from the mirrors that this machine is configured with. apt works on lists and caches in a folder of its own, so it needs no
 * rights and the machine's own lists stay as they are.
 *
 * @param command apt-get
 */
record AptDescriptions(String command) {

    private static final int MINUTES = 15;
    private static final String INDEX = "_main_i18n_Translation-en";

    /**
     * Fetches and reads them: the main section only.
     *
     * @param work the folder, which is emptied before and deleted afterwards
     * @throws SourceException where apt is missing, fails, or has no descriptions
     */
    List<DebianDescription> fetch(Path work) throws IOException, InterruptedException {
        // Left by a process that was killed.
        FileTree.delete(work);
        try {
            Files.createDirectories(work.resolve("lists/partial"));
            update(work);
            return read(work.resolve("lists"));
        } finally {
            FileTree.delete(work);
        }
    }

    private void update(Path work) throws IOException, InterruptedException {
        Path output = work.resolve("output.txt");
        Process process;
        try {
            process = new ProcessBuilder(
                            command,
                            "-o",
                            "Dir::State::lists=" + work.resolve("lists"),
                            "-o",
                            "Dir::Cache=" + work,
                            "-o",
                            "Dir::Etc::sourceparts=/etc/apt/sources.list.d",
                            "-o",
                            "Acquire::Languages=en",
                            "-o",
                            "Acquire::GzipIndexes=false",
                            "-o",
                            "APT::Sandbox::User=root",
                            "update")
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new SourceException(
                    "cannot run %s (%s); the descriptions come from a Debian or Ubuntu machine's apt"
                            .formatted(command, e.getMessage()),
                    e);
        }
        try {
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                throw new SourceException("%s update took longer than %d minutes".formatted(command, MINUTES));
            }
            if (process.exitValue() != 0) {
                List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
                throw new SourceException("%s update failed with exit code %d: %s"
                        .formatted(
                                command,
                                process.exitValue(),
                                String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()))));
            }
        } finally {
            process.destroyForcibly();
        }
    }

    private List<DebianDescription> read(Path lists) throws IOException {
        List<Path> indexes;
        try (Stream<Path> files = Files.list(lists)) {
            indexes = files.filter(f -> f.getFileName().toString().endsWith(INDEX))
                    .sorted()
                    .toList();
        }
        List<DebianDescription> all = new ArrayList<>();
        for (Path index : indexes) {
            try (BufferedReader reader = Files.newBufferedReader(index, StandardCharsets.UTF_8)) {
                all.addAll(DebianDescription.parse(reader));
            }
        }
        if (all.isEmpty()) {
            throw new SourceException(
                    "%s found no English descriptions of section main in its sources".formatted(command));
        }
        return all;
    }
}
