package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.counterflow.model.decoder.Precision;
import org.junit.jupiter.api.Test;

class ComputeConfigTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void withoutSettingsItIsOneThreadOnTheCpuInFloat32() throws JsonProcessingException {
        ComputeConfig config = JSON.readValue("{}", ComputeConfig.class);
        assertThat(config).isEqualTo(ComputeConfig.defaults());
        assertThat(config.applyTo(ModelOptions.training())).isEqualTo(ModelOptions.training());
    }

    @Test
    void settingsReachTheModelAndComeBackAsTheyWereWritten() throws JsonProcessingException {
        String json = "{\"device\":\"cuda:1\",\"precision\":\"bfloat16\",\"workers\":4,\"gradientCheckpointing\":true}";
        ComputeConfig config = JSON.readValue(json, ComputeConfig.class);
        assertThat(config.applyTo(ModelOptions.training()))
                .isEqualTo(ModelOptions.training()
                        .withDevice("cuda:1")
                        .withPrecision(Precision.BFLOAT16)
                        .withWorkers(4)
                        .withGradientCheckpointing(true));
        assertThat(JSON.readTree(JSON.writeValueAsString(config))).isEqualTo(JSON.readTree(json));
    }

    @Test
    void whatCannotBeIsRefusedByItsName() {
        assertThatThrownBy(() -> new ComputeConfig("tpu", null, null, null))
                .hasMessageStartingWith("compute.device is 'tpu'");
        assertThatThrownBy(() -> new ComputeConfig(null, null, 0, null)).hasMessageStartingWith("compute.workers is 0");
        assertThatThrownBy(() -> JSON.readValue("{\"precision\":\"float8\"}", ComputeConfig.class))
                .isInstanceOf(ValueInstantiationException.class)
                .hasMessageContaining("precision 'float8' is none of float32, bfloat16");
    }
}
