package io.counterflow.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.model.verify.Deviation;
import io.counterflow.model.verify.Verification;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnyLibtorchTest {

    private static final Path BUILD = Path.of("src/main/native/build.sh");
    private static final Path SOURCE = Path.of("src/main/native/djl_torch.cpp");
    private static final int MINUTES = 10;

    @TempDir
    private Path folder;

    @Test
    void everyNativeMethodThatIsCalledIsInTheLibraryForOtherVersions() throws Exception {
        String said = run(Map.of(), verification("-Xlog:jni+resolve=debug"));
        Set<String> called = Pattern.compile("PyTorchLibrary\\.(\\w+)")
                .matcher(said)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> made = Pattern.compile("NATIVE\\(\\w+, ([a-zA-Z]+)")
                .matcher(Files.readString(SOURCE))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(called).contains("moduleRunMethod", "torchBackward");
        assertThat(made).containsAll(called);
    }

    /** Needs a Python with torch, g++ and a JDK: {@code -Dcounterflow.torch.python=python3}. */
    @Test
    void theModelComputesWhatIsExpectedOnTheLibtorchOfAPythonPackage() throws Exception {
        String python = System.getProperty("counterflow.torch.python");
        assumeTrue(python != null, "no Python with torch is named by -Dcounterflow.torch.python");

        String exports = run(Map.of(), List.of(BUILD.toString(), python, folder.toString()));
        Map<String, String> environment = Arrays.stream(exports.split("\n"))
                .filter(line -> line.startsWith("export PYTORCH_"))
                .map(line -> line.substring("export ".length()).split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        assertThat(environment).containsOnlyKeys("PYTORCH_LIBRARY_PATH", "PYTORCH_VERSION", "PYTORCH_FLAVOR");

        String said = run(environment, verification());
        assertThat(said.strip().lines()).hasSize(3).allMatch(line -> line.endsWith(": as expected"));
    }

    private static List<String> verification(String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), VerifyFixtures.class.getName()));
        for (String fixture : List.of("tiny-llama", "tiny-qwen2-lora", "encoder-bert")) {
            command.add("../checkpoints/src/test/resources/fixtures/" + fixture);
        }
        return command;
    }

    private static String run(Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }

    /** Verifies the folders that it is given, in a process whose environment names a libtorch. */
    static final class VerifyFixtures {
        private VerifyFixtures() {}

        public static void main(String[] folders) {
            for (String folder : folders) {
                List<Deviation> wrong = Verification.verify(Path.of(folder), Path.of(folder), "cpu").stream()
                        .filter(deviation -> !deviation.ok())
                        .toList();
                System.out.println(folder + (wrong.isEmpty() ? ": as expected" : ": " + wrong));
            }
        }
    }
}
