package io.counterflow.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.LogPosition;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.LogProbability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileReferenceCacheTest {

    private static final List<LogProbability> VALUES =
            List.of(LogProbability.ofTokens(-1.5, -0.25), LogProbability.ofSum(-3.125));

    @TempDir
    Path directory;

    @Test
    void whatWasKeptIsThereAfterARestart() {
        Path file = directory.resolve("cache");
        try (FileReferenceCache cache = new FileReferenceCache(file, "reference a")) {
            cache.put(group("g"), VALUES);
            assertThat(cache.get(group("g"))).hasValue(VALUES);
        }
        try (FileReferenceCache cache = new FileReferenceCache(file, "reference a")) {
            assertThat(cache.get(group("g"))).hasValue(VALUES);
            assertThat(cache.get(group("h"))).isEmpty();
        }
    }

    @Test
    void anotherReferenceBeginsAnew() {
        Path file = directory.resolve("cache");
        try (FileReferenceCache cache = new FileReferenceCache(file, "reference a")) {
            cache.put(group("g"), VALUES);
        }
        try (FileReferenceCache cache = new FileReferenceCache(file, "reference b")) {
            assertThat(cache.get(group("g"))).isEmpty();
        }
    }

    @Test
    void afterACrashWhatIsWholeIsKeptAndTheRestWrittenOver() throws IOException {
        Path file = directory.resolve("cache");
        long whole;
        try (FileReferenceCache cache = new FileReferenceCache(file, "reference a")) {
            cache.put(group("g"), VALUES);
        }
        whole = Files.size(file);
        try (FileReferenceCache cache = new FileReferenceCache(file, "reference a")) {
            cache.put(group("h"), VALUES);
        }
        byte[] bytes = Files.readAllBytes(file);
        for (int cut = (int) whole; cut < bytes.length; cut++) {
            Files.write(file, Arrays.copyOf(bytes, cut));
            try (FileReferenceCache cache = new FileReferenceCache(file, "reference a")) {
                assertThat(cache.get(group("g"))).hasValue(VALUES);
                assertThat(cache.get(group("h"))).as("cut at %d", cut).isEmpty();
                cache.put(group("h"), VALUES);
            }
            assertThat(file).hasBinaryContent(bytes);
        }
    }

    private static TrainingGroup group(String id) {
        TrainingMember member = new TrainingMember("c", new int[] {1}, null, -1, null, 0, 1, Map.of(), false);
        return new TrainingGroup(
                new LogPosition(0, 0), 0, id, "p", "run", "r", "00", true, new int[] {1}, List.of(member, member));
    }
}
