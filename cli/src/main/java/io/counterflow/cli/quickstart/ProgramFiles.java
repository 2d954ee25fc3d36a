package io.counterflow.cli.quickstart;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** The quickstart's task as files that the other commands take. */
public final class ProgramFiles {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ProgramFiles() {}

    /** How much was written. */
    public record Counts(int training, int heldOut, int corpus) {}

    /** Writes prompts with their unit tests, a noisy corpus in the order in which it is to be learned, and the shape of a policy. */
    public static Counts write(Path folder, long seed) {
        QuickstartSettings settings = QuickstartSettings.standard();
        List<ProgramTask> tasks = ProgramTask.all(new SplittableRandom(seed));
        List<ProgramTask> heldOut = tasks.subList(0, settings.heldOut());
        List<ProgramTask> training = tasks.subList(settings.heldOut(), tasks.size());
        BasePolicy base = new BasePolicy(settings.base(), seed);
        try {
            Path model = Files.createDirectories(folder.resolve("model"));
            int vocabulary = WordLevelTokenizer.write(model, ProgramTask.words());
            base.config(vocabulary).write(model);
            writePrompts(folder.resolve("prompts.jsonl"), training);
            writePrompts(folder.resolve("held-out.jsonl"), heldOut);
            int corpus = 0;
            try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("corpus.jsonl"))) {
                for (List<BasePolicy.Program> batch :
                        (Iterable<List<BasePolicy.Program>>) base.corpus(training)::iterator) {
                    for (BasePolicy.Program program : batch) {
                        line(
                                out,
                                JSON.createObjectNode()
                                        .put("prompt", program.prompt())
                                        .put("completion", " " + program.text()));
                        corpus++;
                    }
                }
            }
            return new Counts(training.size(), heldOut.size(), corpus);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to " + folder, e);
        }
    }

    private static void writePrompts(Path file, List<ProgramTask> tasks) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (ProgramTask task : tasks) {
                ObjectNode line = JSON.createObjectNode().put("prompt", task.prompt());
                ProgramPrompts.metadata(task).forEach(line::put);
                line(out, line);
            }
        }
    }

    private static void line(BufferedWriter out, ObjectNode line) throws IOException {
        out.write(JSON.writeValueAsString(line));
        out.write('\n');
    }
}
