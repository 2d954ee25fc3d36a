package io.counterflow.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs commands in a process on whose class path neither libtorch nor ONNX Runtime is, nor what calls them. */
class WithoutAnEngineTest {

    private static final Path MODEL = Path.of("../checkpoints/src/test/resources/fixtures/family-llama3");

    @TempDir
    Path folder;

    @Test
    void aCheckpointIsLookedAtConvertedAndGotWithoutTheNativeLibraryThatComputes() throws Exception {
        assertThat(model("show", MODEL.toString())).contains("LlamaForCausalLM", "289 tokens");

        Path converted = folder.resolve("converted");
        model("convert", MODEL.toString(), converted.toString(), "--dtype", "float32");
        assertThat(converted.resolve("model.safetensors")).isNotEmptyFile();

        assertThat(model("get", converted.toString())).contains(converted.toString());
    }

    /** Otherwise the test above shows nothing. */
    @Test
    void whatComputesIsNotThereIndeed() throws Exception {
        Process process = start("verify", MODEL.toString());

        assertThat(said(process)).contains("engine not found: PyTorch");
        assertThat(process.waitFor()).isNotZero();
    }

    private static String model(String... arguments) throws Exception {
        Process process = start(arguments);
        String said = said(process);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static String said(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static Process start(String... arguments) throws IOException {
        String path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().matches("(pytorch-|onnxruntime).*"))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.offline=true",
                "-cp",
                path,
                Counterflow.class.getName(),
                "model"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
