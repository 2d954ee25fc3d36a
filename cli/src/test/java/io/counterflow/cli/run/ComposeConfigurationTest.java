package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.counterflow.cli.Counterflow;
import io.counterflow.cli.config.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;

/** What can be said of the containers where none can be started. */
class ComposeConfigurationTest {

    private static final Path PROJECT = Path.of("..");

    private final JsonNode compose;

    ComposeConfigurationTest() throws IOException {
        compose = new YAMLMapper()
                .readTree(Files.readString(PROJECT.resolve("docker-compose.yml")))
                .path("services");
    }

    @Test
    void theConfigurationIsUnderstoodAndOfOneRun() {
        RunConfig config =
                RunConfig.of(RunConfig.withRecipeTerms(ConfigFile.read(PROJECT.resolve("compose/run.yaml"))));
        assertThat(config.producer().runId()).isEqualTo(config.trainer().runId());
        assertThat(config.scorersElsewhere()).isEmpty();
    }

    @Test
    void servicesFindTheBrokerAndTheRegistryThatTheFileStarts() {
        RunConfig config = RunConfig.of(ConfigFile.read(PROJECT.resolve("compose/run.yaml")));
        JsonNode broker = compose.path("kafka").path("environment");
        assertThat(broker.path("KAFKA_ADVERTISED_LISTENERS").asText().split(","))
                .contains("PLAINTEXT://" + config.log().bootstrapServers());
        assertThat(compose.path("registry").path("ports").get(0).asText()).endsWith(":8080");
        assertThat(config.log().schemaRegistryUrl()).startsWith("http://registry:8080/");
        assertThat(compose.path("kafka").path("image").asText())
                .isEqualTo("apache/kafka:" + AppInfoParser.getVersion());
    }

    @Test
    void everyCommandIsOneThatThereIsWithFilesThatThereAre() {
        List<String> names = new ArrayList<>();
        compose.properties().forEach(service -> {
            if (!service.getValue().has("command")) {
                return;
            }
            List<String> command = new ArrayList<>();
            service.getValue().path("command").forEach(word -> command.add(word.asText()));
            names.add(service.getKey());
            Counterflow.commandLine().parseArgs(command.toArray(String[]::new));
            assertThat(command.stream().filter(word -> word.startsWith("/config/")))
                    .as(service.getKey())
                    .isNotEmpty()
                    .allSatisfy(
                            file -> assertThat(PROJECT.resolve("compose").resolve(file.substring("/config/".length())))
                                    .isRegularFile());
        });
        assertThat(names).containsExactlyInAnyOrder("import", "producer", "reward-scorer", "trainer");
    }
}
