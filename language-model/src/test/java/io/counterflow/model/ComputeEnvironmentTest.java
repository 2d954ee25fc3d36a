package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ComputeEnvironmentTest {

    @Test
    void thisProcessSaysOnWhatItComputes() {
        assertThat(ComputeEnvironment.here().values())
                .containsEntry("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                .containsEntry("jvm", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"))
                .containsKeys("libtorch", "threads");
        assertThat(ComputeEnvironment.here().values().get("libtorch")).matches("\\d+\\.\\d+.*");
    }

    @Test
    void onlyInstructionsThatNumbersDependOnAreNoted() {
        assertThat(ComputeEnvironment.instructions(
                        "fpu vme sse4_2 avx512f avx2 rdrand avx amx_tile fma hypervisor avx512_bf16"))
                .isEqualTo("amx_tile avx avx2 avx512_bf16 avx512f fma sse4_2");
        assertThat(ComputeEnvironment.instructions("fp asimd evtstrm aes sve sve2 asimddp bf16 i8mm"))
                .isEqualTo("asimd asimddp bf16 i8mm sve sve2");
    }

    @Test
    void whatBothKnowAndDiffersIsNamed() {
        ComputeEnvironment before = ComputeEnvironment.of(Map.of("threads", "1", "libtorch", "2.7.1", "jvm", "a"));
        ComputeEnvironment now = ComputeEnvironment.of(Map.of("threads", "2", "libtorch", "2.7.1", "os", "b"));
        assertThat(before.differencesTo(now)).containsExactly("threads was 1 and is 2");
        assertThat(ComputeEnvironment.of(Map.of()).differencesTo(now)).isEmpty();
    }
}
