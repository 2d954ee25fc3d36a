package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.cli.Counterflow;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.report.RunReader;
import io.counterflow.cli.report.RunSummary;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.ScoredGroup;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands that bring data in, run, and bring data out, on a real broker with a tiny model that chats. */
class RunCommandTest {

    private static final List<String> WORDS = List.of("user", "assistant", ":", "a", "b", "c", "d", "e", "f", "good");
    private static final String TEMPLATE = "{% for m in messages %}{{ m.role }} : {{ m.content }} </s> {% endfor %}"
            + "{% if add_generation_prompt %}assistant : {% endif %}";

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    @Test
    void aFileOfChatPromptsBecomesARunAndItsLogAnother() throws Exception {
        Path model = model();
        Path prompts = write(
                "prompts.jsonl",
                IntStream.range(0, 8)
                        .mapToObj(i -> "{\"messages\": [{\"role\": \"user\", \"content\": \"" + WORDS.get(3 + i % 6)
                                + " " + WORDS.get(3 + i / 6) + "\"}]}"));
        Path heldOut = write("held-out.jsonl", Stream.of("{\"prompt\": \"f f\"}", "not JSON", "{\"prompt\": \"e f\"}"));
        Path config = write(
                "run.yaml",
                Stream.of(
                        "title: Words that are good",
                        "prompts:",
                        "  - {file: " + prompts + "}",
                        "  - {file: " + heldOut + ", split: held-out, onBadLine: skip}",
                        "log: {partitions: 2}",
                        "producer: {groupSize: 3, sampling: {maxTokens: 4}}",
                        "scoring:",
                        "  scorers: [{kind: regex, settings: {pattern: good}}, {kind: length}]",
                        "trainer:",
                        "  model: " + model,
                        "  steps: 2",
                        "  batch: {groups: 4, microBatch: 6}",
                        "  optimizer: {learningRate: 1e-3}"));

        assertThat(execute("run", "--config", config.toString(), "--run", "live"))
                .as(err.toString())
                .isZero();
        assertThat(execute("run", "--config", config.toString(), "--run", "live"))
                .as("a second run of the same name")
                .isEqualTo(2);
        assertThat(err.toString()).contains("there is a run 'live' already");
        assertThat(execute(
                        "run",
                        "--config",
                        config.toString(),
                        "--run",
                        "again",
                        "--set",
                        "trainer.source={mode: offline, runs: [live], epochs: 1}",
                        "--set",
                        "assembler.recipe.scorers=[{scorer: regex, weight: 2}]"))
                .as(err.toString())
                .isZero();

        try (LogAccess access = access()) {
            RunSummary live = new RunReader(access.log()).read("live", "t");
            RunSummary again = new RunReader(access.log()).read("again", "t");
            assertThat(live.steps()).hasSize(2);
            assertThat(live.evaluations())
                    .extracting(RunSummary.Evaluation::version)
                    .containsExactly(0L, 2L);
            assertThat(live.evaluations().get(0).texts().kl()).isCloseTo(0, org.assertj.core.data.Offset.offset(1e-5));
            assertThat(live.evaluations().get(1).texts().baseLogLikelihood()).isNegative();
            assertThat(again.evaluations()).isNotEmpty();
            assertThat(again.ended()).isTrue();

            List<Completion> completions = read(access, Topic.COMPLETIONS, Completion.class);
            assertThat(completions.stream()
                            .filter(c -> c.getRunId().equals("again"))
                            .map(Completion::getPurpose))
                    .as("the second run sampled held-out prompts alone")
                    .containsOnly(io.counterflow.schemas.Purpose.EVALUATION);
            Completion chat = completions.stream()
                    .filter(c -> c.getPrompt().getMessages() != null)
                    .findFirst()
                    .orElseThrow();
            String content = chat.getPrompt().getMessages().get(0).getContent();
            assertThat(chat.getPromptTokenIds()).isEqualTo(ids(model, "user : " + content + " </s> assistant :"));

            List<ScoredGroup> groups = read(access, Topic.SCORED_GROUPS, ScoredGroup.class);
            assertThat(groups.stream().map(ScoredGroup::getRecipe).distinct())
                    .as("each recipe has a name of its own without having been given one")
                    .hasSize(2)
                    .allMatch(name -> name.startsWith("recipe-"));
        }
        assertThat(new RunFolders(data()).run("again").report()).isNotEmptyFile();
    }

    @Test
    void completionsAreSampledOnceAndLearnedFromTwice() throws Exception {
        Path prompts =
                write("prompts.jsonl", Stream.of("{\"prompt\": \"a\"}", "{\"prompt\": \"b\"}", "{\"prompt\": \"c\"}"));
        Path heldOut = write("held-out.jsonl", Stream.of("{\"prompt\": \"d\"}"));
        Path config = write(
                "run.yaml",
                Stream.of(
                        "prompts: [{file: " + prompts + "}, {file: " + heldOut + ", split: held-out}]",
                        "producer: {groupSize: 2, sampling: {maxTokens: 4}}",
                        "scoring: {scorers: [{kind: length}]}",
                        "trainer: {model: " + model()
                                + ", batch: {groups: 3, microBatch: 6}, optimizer: {learningRate: 1e-2}}"));
        assertThat(execute(
                        "sample", "--config", config.toString(), "--run", "samples", "--set", "producer.maxPasses=2"))
                .as(err.toString())
                .isZero();
        for (String beta : List.of("0.1", "10")) {
            assertThat(execute(
                            "run",
                            "--config",
                            config.toString(),
                            "--run",
                            "beta-" + beta,
                            "--set",
                            "trainer.source={mode: offline, runs: [samples]}",
                            "--set",
                            "trainer.objective.beta=" + beta))
                    .as(err.toString())
                    .isZero();
        }
        Path page = folder.resolve("comparison.html");
        assertThat(execute("compare-runs", "beta-0.1", "beta-10", "--output", page.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .containsPattern("beta-0.1 *. copg *. *0.100 ")
                .contains("start");
        assertThat(page).content().contains("\"run\":\"beta-10\"").doesNotContainPattern("(src|href)=\"https?:");
        try (LogAccess access = access()) {
            assertThat(new RunReader(access.log()).read("beta-10", "t").steps()).hasSize(2);
            assertThat(read(access, Topic.COMPLETIONS, Completion.class).stream()
                            .filter(c -> c.getPurpose() == io.counterflow.schemas.Purpose.TRAINING))
                    .as("nothing was sampled again")
                    .hasSize(3 * 2 * 2);
        }
    }

    @Test
    void anAdapterIsTrainedFollowedMergedAndSampledFrom() throws Exception {
        Path model = model();
        Path prompts =
                write("prompts.jsonl", IntStream.range(3, 9).mapToObj(i -> "{\"prompt\": \"" + WORDS.get(i) + "\"}"));
        Path heldOut = write("held-out.jsonl", Stream.of("{\"prompt\": \"d d\"}"));
        Path config = write(
                "run.yaml",
                Stream.of(
                        "prompts: [{file: " + prompts + "}, {file: " + heldOut + ", split: held-out}]",
                        "producer: {groupSize: 2, sampling: {maxTokens: 4}}",
                        "scoring: {scorers: [{kind: regex, settings: {pattern: good}}]}",
                        "trainer:",
                        "  model: " + model,
                        "  lora: {rank: 2, dropout: 0.1, targetModules: [q_proj, v_proj, up_proj]}",
                        "  steps: 4",
                        "  checkpoint: {every: 1, keepLast: 2}",
                        "  batch: {groups: 3, microBatch: 4}",
                        "  optimizer: {learningRate: 1e-2}"));
        assertThat(execute("run", "--config", config.toString(), "--run", "adapter", "--set", "trainer.lora.rnk=3"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("unknown key 'trainer.lora.rnk'; did you mean 'rank'?");

        assertThat(execute("run", "--config", config.toString(), "--run", "adapter"))
                .as(err.toString())
                .isZero();

        Path last = new RunFolders(data()).run("adapter").checkpoints().resolve("step-00000004");
        assertThat(last.resolve("adapter_config.json")).exists();
        assertThat(last.resolve("model.safetensors")).doesNotExist();
        try (LogAccess access = access()) {
            RunSummary summary = new RunReader(access.log()).read("adapter", "t");
            assertThat(summary.evaluations())
                    .extracting(RunSummary.Evaluation::version)
                    .containsExactly(0L, 4L);
            assertThat(summary.evaluations().get(1).texts().kl()).isFinite();
            assertThat(read(access, Topic.COMPLETIONS, Completion.class))
                    .extracting(Completion::getPolicySha256)
                    .contains(summary.weightsSha256());
        }
        Path merged = folder.resolve("merged");
        assertThat(executeAlone("model", "merge", last.toString(), merged.toString()))
                .isZero();
        assertThat(logProbability(merged, "d d", "good good"))
                .isCloseTo(logProbability(last, "d d", "good good"), org.assertj.core.data.Offset.offset(1e-4));
        assertThat(executeAlone("model", "generate", last.toString(), "--prompt", "d d"))
                .isZero();
        assertThat(execute("replay", "--run", "adapter")).as(err.toString()).isZero();
        assertThat(execute("sample", "--config", config.toString(), "--run", "more", "--set", "trainer.model=" + last))
                .as(err.toString())
                .isZero();
        assertThat(execute("run", "--config", config.toString(), "--run", "top", "--set", "trainer.model=" + last))
                .isNotZero();
        assertThat(err.toString()).contains("a LoRA adapter; a run starts from whole weights");
    }

    @Test
    void preferencesOfAFileAreTrainedOnWithoutSamplingAnything() throws Exception {
        Path model = model();
        Path pairs = write(
                "pairs.jsonl",
                IntStream.range(0, 6)
                        .mapToObj(i -> "{\"prompt\": \"" + WORDS.get(3 + i) + "\", \"chosen\": \" good good\","
                                + " \"rejected\": \" " + WORDS.get(3 + i) + "\"}"));
        List<String> importing = List.of(
                "import",
                "preferences",
                pairs.toString(),
                "--run",
                "pairs",
                "--model",
                model.toString(),
                "--task",
                "words");
        assertThat(execute(importing.toArray(String[]::new))).as(err.toString()).isZero();
        assertThat(out.toString()).contains("6 groups with 12 completions are in the log now as run pairs");
        assertThat(execute(importing.toArray(String[]::new))).isZero();
        assertThat(out.toString())
                .contains("0 groups with 0 completions are in the log now as run pairs; 6 were there before");

        Path config = write(
                "offline.yaml",
                Stream.of(
                        "producer: {task: words}",
                        "scoring: {scorers: [{kind: length}]}",
                        "assembler: {recipe: {scorers: [{scorer: preference}]}}",
                        "trainer:",
                        "  model: " + model,
                        "  source: {mode: offline, runs: [pairs], epochs: 2}",
                        "  objective: {beta: 0.5}",
                        "  optimizer: {learningRate: 1e-2}",
                        "  batch: {groups: 3, microBatch: 6}"));
        assertThat(execute("run", "--config", config.toString(), "--run", "learned"))
                .as(err.toString())
                .isZero();

        Path exported = folder.resolve("groups.jsonl.gz");
        assertThat(execute("export", "scored-groups", "--output", exported.toString()))
                .isZero();
        assertThat(out.toString()).contains("6 records of scored-groups");
        try (LogAccess access = access()) {
            RunSummary learned = new RunReader(access.log()).read("learned", "t");
            assertThat(learned.steps()).hasSize(4);
            assertThat(read(access, Topic.SCORED_GROUPS, ScoredGroup.class)).allSatisfy(group -> {
                assertThat(group.getMembers()).extracting("reward").containsExactly(1.0, -1.0);
                assertThat(group.getMembers().get(0).getLogProbability()).isNaN();
                assertThat(group.getMembers().get(0).getTokenIds()).isEqualTo(ids(model, "good good </s>"));
            });
        }
        Path trained = new RunFolders(data()).run("learned").checkpoints();
        assertThat(logProbability(newest(trained), "b", "good good"))
                .as("the preferred completion has become likelier")
                .isGreaterThan(logProbability(model, "b", "good good"));
    }

    @Test
    void whatIsWrittenToStartFromIsTaken() throws Exception {
        assertThat(execute("init", folder.resolve("new").toString())).isZero();
        ConfigFile file = ConfigFile.read(folder.resolve("new/run.yaml"));
        RunFolders folders = new RunFolders(data());
        ConfigFile whole = new ConfiguredRun(folders, folders.run("r"), file, java.time.InstantSource.system())
                .configuration(null);
        RunConfig config = RunConfig.of(whole);
        assertThat(config.producer().task()).isEqualTo("prompts");
        assertThat(config.producer().backPressure().stopAbove()).isEqualTo(16);
        assertThat(config.assembler().recipe().scorers()).hasSize(2);
        assertThat(execute("init", folder.resolve("new").toString()))
                .as("what is there stays")
                .isEqualTo(2);
    }

    private int execute(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        if (!arguments[0].equals("init")) {
            all.addAll(List.of("--data", data().toString()));
        }
        return executeAlone(all.toArray(String[]::new));
    }

    private int executeAlone(String... arguments) {
        CommandLine command = Counterflow.commandLine();
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return command.execute(arguments);
    }

    private Path data() {
        return folder.resolve("data");
    }

    private LogAccess access() {
        return LogAccess.open(new LogConfig(null, null, null, null, null, null), new RunFolders(data()));
    }

    private static <T extends SpecificRecord> List<T> read(LogAccess access, Topic topic, Class<T> type) {
        List<T> all = new ArrayList<>();
        try (LogReader<T> reader = new LogReader<>(access.log(), topic, type)) {
            reader.read(reader.everything(), r -> all.add(r.value()));
        }
        return all;
    }

    private Path write(String name, Stream<String> lines) throws IOException {
        return Files.writeString(folder.resolve(name), lines.collect(Collectors.joining("\n", "", "\n")));
    }

    private Path model() throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        int vocabulary = WordLevelTokenizer.write(model, WORDS);
        ObjectMapper json = new ObjectMapper();
        Path tokenizerConfig = model.resolve("tokenizer_config.json");
        ObjectNode settings = (ObjectNode) json.readTree(tokenizerConfig.toFile());
        json.writeValue(tokenizerConfig.toFile(), settings.put("chat_template", TEMPLATE));
        ModelConfig config = new LlamaShape(vocabulary, 16, 32, 1, 2, 2, 32, true).config(1, 2, 0);
        try (LanguageModel made = LanguageModel.initialise(config, model, 3, ModelOptions.inference())) {
            made.save(model);
        }
        return model;
    }

    private static List<Integer> ids(Path model, String text) {
        try (LanguageModel loaded = LanguageModel.load(model, ModelOptions.inference())) {
            return java.util.Arrays.stream(loaded.tokenizer().encode(text, false))
                    .boxed()
                    .toList();
        }
    }

    private static double logProbability(Path model, String prompt, String completion) {
        try (LanguageModel loaded = LanguageModel.load(model, ModelOptions.inference())) {
            float[] values = loaded.tokenLogProbabilities(List.of(new io.counterflow.model.TokenSequence(
                            loaded.tokenizer().encode(prompt, true),
                            loaded.tokenizer().encode(completion, false))))
                    .get(0);
            double sum = 0;
            for (float value : values) {
                sum += value;
            }
            return sum;
        }
    }

    private static Path newest(Path checkpoints) throws IOException {
        try (Stream<Path> folders = Files.list(checkpoints)) {
            return folders.filter(f -> Files.exists(f.resolve("config.json")))
                    .max(java.util.Comparator.naturalOrder())
                    .orElseThrow();
        }
    }
}
