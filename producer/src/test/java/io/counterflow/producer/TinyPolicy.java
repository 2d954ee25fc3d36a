package io.counterflow.producer;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.schemas.PolicyVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Checkpoints of a very small Llama with random weights, for 24 tokens of context. */
public final class TinyPolicy {

    public static final int CONTEXT = 24;

    private static final List<String> WORDS = List.of("a", "b", "c", "d", "+", "-", "(", ")");

    private TinyPolicy() {}

    public static PolicyVersion write(Path folder, String runId, long version, boolean last) throws IOException {
        Files.createDirectories(folder);
        int vocabulary = WordLevelTokenizer.write(folder, WORDS);
        ModelConfig config = new LlamaShape(vocabulary, 16, 32, 1, 2, 2, CONTEXT, true).config(1, 2, 0);
        try (LanguageModel model = LanguageModel.initialise(config, folder, version, ModelOptions.inference())) {
            model.save(folder);
            return PolicyVersion.newBuilder()
                    .setRunId(runId)
                    .setVersion(version)
                    .setLocation(folder.toUri().toString())
                    .setWeightsSha256(model.weightsSha256())
                    .setEvaluate(false)
                    .setLast(last)
                    .setPublishedAt(Instant.EPOCH)
                    .build();
        }
    }

    /** Prompts of words that it knows, all different. */
    public static List<String> prompts(int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(i -> WORDS.get(i % 4) + " + " + WORDS.get(i / 4 % 4) + " - " + WORDS.get(i / 16 % 4))
                .toList();
    }
}
