package io.counterflow.cli.scorer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.cli.Counterflow;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.service.ScorerConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** From a file of examples to a scorer in use, with a tiny model. */
class TrainScorerCommandTest {

    private static final String LLAMA = "../checkpoints/src/test/resources/fixtures/tiny-llama";

    @TempDir
    Path folder;

    private final StringWriter err = new StringWriter();

    @Test
    void aTrainedRewardModelIsEvaluatedScoresAFileAndRunsFromAConfiguration() throws Exception {
        Path data = labels();
        Path model = folder.resolve("model");
        assertThat(run(
                        "train-scorer",
                        "reward-model",
                        "--labels",
                        data,
                        "--output",
                        model,
                        "--base",
                        LLAMA,
                        "--epochs",
                        4,
                        "--batch",
                        8,
                        "--learning-rate",
                        "3e-3",
                        "--held-out",
                        0.2,
                        "--workers",
                        1,
                        "--max-length",
                        32))
                .as(err.toString())
                .isZero();
        JsonNode training = json(model.resolve("training.json"));
        assertThat(training.path("data").asText()).isEqualTo("labels.jsonl");
        assertThat(training.path("trainingExamples").asInt()).isEqualTo(77);
        assertThat(training.path("heldOutExamples").asInt()).isEqualTo(19);

        Path report = folder.resolve("report.json");
        assertThat(run("evaluate-scorer", "reward-model", "--model", model, "--labels", data, "--json", report))
                .as(err.toString())
                .isZero();
        assertThat(json(report).path("accuracy").asDouble()).isEqualTo(1);
        assertThat(json(report).path("confusion").toString()).isEqualTo("[[48,0],[0,48]]");

        Path completions = Files.writeString(folder.resolve("in.jsonl"), """
                {"id": "a", "prompt": "", "completion": "It was good, number 7."}
                {"id": "b", "prompt": "", "completion": "It was bad, number 7."}
                """);
        Path outcomes = folder.resolve("out.jsonl");
        assertThat(run(
                        "score",
                        "--scorer",
                        "reward-model",
                        "--setting",
                        "model=" + model,
                        "--setting",
                        "label=positive",
                        "--input",
                        completions,
                        "--output",
                        outcomes))
                .as(err.toString())
                .isZero();
        List<Double> values = new ArrayList<>();
        for (String line : Files.readAllLines(outcomes)) {
            values.add(new ObjectMapper().readTree(line).path("value").asDouble());
        }
        assertThat(values.get(0)).isGreaterThan(0.5);
        assertThat(values.get(1)).isLessThan(0.5);

        Path configuration = Files.writeString(folder.resolve("run.yaml"), """
                scoring:
                  scorers:
                    - kind: reward-model
                      version: "1"
                      settings: {model: "%s", label: positive, value: log_odds}
                """.formatted(model));
        ScorerConfig scorer =
                RunConfig.of(ConfigFile.read(configuration)).scoring().scorers().get(0);
        try (Scorer made = ScorerCatalog.onClassPath().create(scorer.kind(), scorer.settings())) {
            Scored good = (Scored) made.score(List.of(new ScoreRequest("c", "", "It was good, number 7.", Map.of())))
                    .get(0);
            assertThat(good.value()).isPositive();
        }
    }

    @Test
    void whatIsWrongWithTheInputIsOneLine() throws IOException {
        Path output = folder.resolve("model");
        assertThat(run("train-scorer", "reward-model", "--pairs", folder.resolve("none"), "--output", output))
                .isEqualTo(1);
        assertThat(err.toString())
                .isEqualTo("counterflow: there is no file " + folder.resolve("none") + System.lineSeparator());

        Path data = Files.writeString(folder.resolve("pairs.jsonl"), "{\"prompt\": \"p\", \"chosen\": \"c\"}\n");
        assertThat(run("train-scorer", "reward-model", "--pairs", data, "--output", output))
                .isEqualTo(1);
        assertThat(err.toString()).contains("pairs.jsonl has a broken line: line 1: 'rejected' is missing");

        assertThat(run("train-scorer", "reward-model", "--labels", labels(), "--output", output, "--base", "nowhere"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("there is no folder nowhere").doesNotContain("\tat ");
        assertThat(output).doesNotExist();

        assertThat(run("evaluate-scorer", "reward-model", "--model", "nowhere", "--labels", labels()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("there is no folder nowhere").doesNotContain("\tat ");
        assertThat(run("train-scorer", "reward-model", "--output", output)).isEqualTo(2);

        assertThat(run("train-scorer", "reward-model", "--labels", labels(), "--output", output, "--lora-alpha", 3))
                .isEqualTo(1);
        assertThat(err.toString()).contains("--lora-alpha needs an adapter: --lora RANK");
    }

    private int run(Object... arguments) {
        err.getBuffer().setLength(0);
        CommandLine commandLine = Counterflow.commandLine();
        commandLine.setErr(new PrintWriter(err));
        return commandLine.execute(Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
    }

    private Path labels() throws IOException {
        List<String> lines = IntStream.range(0, 96)
                .mapToObj(i -> "{\"text\": \"It was %s, number %d.\", \"label\": \"%s\"}"
                        .formatted(i % 2 == 0 ? "good" : "bad", i, i % 2 == 0 ? "positive" : "negative"))
                .toList();
        return Files.write(folder.resolve("labels.jsonl"), lines);
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }
}
