package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoraConfigTest {
    private static final Path FOLDER = Fixture.named("tiny-qwen2").folder();
    private static final ModelConfig BASE = ModelConfig.read(FOLDER);

    /** So that PEFT's AutoPeftModel finds the base on any machine. */
    @Test
    void aBaseOfAHubIsNamedAsItIsThere() {
        String commit = "0123456789abcdef0123456789abcdef01234567";
        Path snapshot = Path.of("cache/models--acme--base-model/snapshots", commit);
        AdapterConfig made = LoraConfig.ofRank(4).adapter(BASE, snapshot);
        assertThat(made.baseModel()).contains("acme/base-model");
        assertThat(made.json().get("revision").textValue()).isEqualTo(commit);
    }

    @Test
    void anotherBaseIsNamedByItsWholePath() {
        assertThat(LoraConfig.ofRank(4).adapter(BASE, FOLDER).baseModel())
                .contains(FOLDER.toAbsolutePath().normalize().toString());
    }

    @Test
    void aModuleThatTheBaseDoesNotHaveIsRefusedWithThoseThatItHas() {
        LoraConfig config = new LoraConfig(4, null, null, List.of("q_proj", "c_attn"), null);
        assertThatThrownBy(() -> config.adapter(BASE, FOLDER))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("lora.targetModules names c_attn, which is no projection")
                .hasMessageContaining("q_proj");
    }

    @Test
    void theScaleIsTwiceTheRankOverTheRankByDefault() {
        assertThat(LoraConfig.ofRank(4).alpha()).isEqualTo(8);
        assertThatThrownBy(() -> LoraConfig.ofRank(0)).hasMessage("lora.rank is 0, must be from 1 to 65536");
    }
}
