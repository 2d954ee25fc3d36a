package io.counterflow.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.cli.Counterflow;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TrainPolicyCommandTest {

    private static final String TEMPLATE = "{% for m in messages %}{{ m.role }} : {{ m.content }} </s> {% endfor %}"
            + "{% if add_generation_prompt %}assistant : {% endif %}";

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeShape() throws IOException {
        Path shape = Files.createDirectories(folder.resolve("shape"));
        int vocabulary =
                WordLevelTokenizer.write(shape, List.of("user", "assistant", ":", "red", "blue", "one", "two"));
        new LlamaShape(vocabulary, 32, 64, 1, 2, 2, 32, true).config(1, 2, 0).write(shape);
        Files.writeString(shape.resolve("chat_template.jinja"), TEMPLATE);
    }

    private int execute(String... arguments) {
        List<String> all = new ArrayList<>(List.of("train-policy"));
        all.addAll(List.of(arguments));
        CommandLine command = Counterflow.commandLine().setErr(new PrintWriter(err, true));
        return command.execute(all.toArray(String[]::new));
    }

    private Path data(String... lines) throws IOException {
        return Files.writeString(
                folder.resolve("data.jsonl"), String.join("\n", lines).replace('\'', '"') + "\n");
    }

    @Test
    void promptsConversationsAndTextsAreLearnedTogether() throws IOException {
        Path data = data(
                "{'prompt': 'red', 'completion': ' one'}",
                "{'messages': [{'role': 'user', 'content': 'blue'}, {'role': 'assistant', 'content': 'two'}]}",
                "{'text': 'one two one two'}");
        Path policy = folder.resolve("policy");
        String scratch = folder.resolve("shape").toString();
        assertThat(execute(
                        data.toString(),
                        "--from-scratch=" + scratch,
                        "--held-out=" + data,
                        "--output=" + policy,
                        "--epochs=60",
                        "--learning-rate=2e-2",
                        "--batch=3"))
                .as(err.toString())
                .isZero();

        try (LanguageModel model = LanguageModel.load(policy, ModelOptions.inference())) {
            assertThat(greedy(model, "red")).isEqualTo("one");
            assertThat(greedy(model, "one")).isEqualTo("two one two");
        }
        JsonNode summary =
                new ObjectMapper().readTree(policy.resolve("training.json").toFile());
        assertThat(summary.path("heldOutLossAfter").asDouble())
                .isLessThan(0.3)
                .isLessThan(summary.path("heldOutLossBefore").asDouble());
        assertThat(policy.resolve("chat_template.jinja"))
                .as("a run from it can chat")
                .exists();

        assertThat(execute(data.toString(), "--from-scratch=" + scratch, "--output=" + policy))
                .as("what is there stays")
                .isEqualTo(2);
        Path adapter = folder.resolve("adapter");
        assertThat(execute(data.toString(), "--model=" + policy, "--lora=2", "--adapter-only", "--output=" + adapter))
                .as(err.toString())
                .isZero();
        assertThat(adapter.resolve("adapter_model.safetensors")).exists();
        assertThat(adapter.resolve("chat_template.jinja"))
                .as("an adapter brings its tokenizer and its template")
                .hasSameBinaryContentAs(policy.resolve("chat_template.jinja"));
        assertThat(adapter.resolve("tokenizer.json")).hasSameBinaryContentAs(policy.resolve("tokenizer.json"));
    }

    private static String greedy(LanguageModel model, String prompt) {
        return model.sample(List.of(new SampleRequest(
                        model.tokenizer().encode(prompt, true), new SamplingSettings(0, 0, 1, 1, 8, List.of()), 1)))
                .get(0)
                .text()
                .strip();
    }

    @Test
    void brokenLinesAreNamedAndTheRestIsLeftAloneOrTaken() throws IOException {
        Path data = data(
                "{'prompt': 'red', 'completion': ' one'}", "{'prompt': 'red'", "{'prompt': 'red', 'completion': 7}");
        Path policy = folder.resolve("policy");
        String scratch = "--from-scratch=" + folder.resolve("shape");
        assertThat(execute(data.toString(), scratch, "--output=" + policy)).isEqualTo(1);
        assertThat(err.toString())
                .contains("data.jsonl has 2 broken lines (line 2: not JSON")
                .contains("line 3: 'completion' is no text, but 7")
                .contains("--on-bad-line skip");
        assertThat(policy).doesNotExist();
        assertThat(execute(data.toString(), scratch, "--output=" + policy, "--on-bad-line=skip"))
                .isZero();
        assertThat(policy.resolve("model.safetensors")).exists();
    }

    @Test
    void aPromptThatEndsWithinTheAssistantsTurnIsNotAnsweredInAFurtherOne() throws IOException {
        Path data = data(
                "{'prompt': [{'role': 'user', 'content': 'red'}, {'role': 'assistant', 'content': 'one'}], 'completion': ' two'}");
        assertThat(execute(
                        data.toString(),
                        "--from-scratch=" + folder.resolve("shape"),
                        "--output=" + folder.resolve("policy")))
                .isEqualTo(1);
        assertThat(err.toString()).contains("line 1: 'prompt' ends with the assistant's words");
    }

    @Test
    void optionsOfAnAdapterAreRefusedWhereThereIsNone() throws IOException {
        Path data = data("{'prompt': 'red', 'completion': ' one'}");
        Path policy = folder.resolve("policy");
        String scratch = "--from-scratch=" + folder.resolve("shape");
        for (String option :
                List.of("--adapter-only", "--lora-alpha=3", "--lora-modules=q_proj", "--lora-dropout=0.1")) {
            assertThat(execute(data.toString(), scratch, "--output=" + policy, option))
                    .as(option)
                    .isNotZero();
            assertThat(err.toString()).contains("need an adapter: --lora RANK");
        }
        assertThat(policy).doesNotExist();
    }
}
