package io.counterflow.cli.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.cli.Counterflow;
import io.counterflow.cli.config.Binding;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole configuration that is right, and what is said when one thing of it is wrong. */
class ConfigCheckTest {

    @TempDir
    private Path folder;

    private ConfigFile right;

    @BeforeEach
    void writeAConfigurationThatIsRight() throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        int vocabulary = WordLevelTokenizer.write(model, List.of("a", "b"));
        ModelConfig config = new LlamaShape(vocabulary, 16, 32, 1, 2, 2, 32, true).config(1, 2, 0);
        try (LanguageModel made = LanguageModel.initialise(config, model, 3, ModelOptions.inference())) {
            made.save(model);
        }
        Path prompts = Files.writeString(folder.resolve("prompts.jsonl"), "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n");
        right = ConfigFile.read(Files.writeString(folder.resolve("run.yaml"), """
                prompts: [{file: %s}]
                producer: {groupSize: 2, sampling: {maxTokens: 4}}
                scoring:
                  scorers:
                  - {kind: length}
                  - {kind: regex, settings: {pattern: a+}}
                trainer: {model: %s, steps: 4, batch: {groups: 2}}
                """.formatted(prompts, model)));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsRightIsRightForEveryCommand(Scope scope) {
        assertThat(check(right, scope).faults()).isEmpty();
        assertThat(check(right, scope).unchecked()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "scoring.scorers.0.kind=lenght | no scorer 'lenght'; did you mean 'length'?",
                "scoring.scorers.0.kind=quality | no scorer 'quality'; there are [",
                "scoring.scorers.1.settings.patern=a | unknown key 'scoring.scorers.1.settings.patern'; did you mean 'pattern'?",
                "scoring.scorers.1.settings.pattern=(a | is no regular expression",
                "scoring.scorers.1.settings.found=yes | 'yes' is not a number",
                "scoring.scorers.0={kind: json-schema, settings: {schema: {type: 12}}} | no JSON schema",
                "scoring.scorers.0={kind: json-schema, settings: {schema: {pattern: '('}}} | schema",
                "scoring.scorers.0={kind: reward-model, settings: {model: /nowhere}} | there is no folder /nowhere",
                "scoring.scorers.0={kind: entailment, settings: {model: /nowhere}} | there is no folder /nowhere",
                "scoring.scorers.0={kind: reward-model, settings: {model: MODEL}} | holds a language model, and a scorer needs a classifier",
                "scoring.scorers.0={kind: reward-model, settings: {model: a, template: '{prompt}'}} | has no {completion}",
                "scoring.scorers.0={kind: command, settings: {command: [python3, nowhere.py]}} | there is no file nowhere.py",
                "scoring.scorers.0={kind: command, settings: {command: [no-such-program]}} | there is no program no-such-program",
                "scoring.scorers.0={kind: llm-judge, settings: {url: 'http://a/v1', model: m, apiKeyVariable: NO_SUCH_KEY}} | NO_SUCH_KEY is not set",
                "scoring.scorers.0={kind: llm-judge, settings: {url: a, model: m}} | url a must be like",
                "scoring.scorers.0={kind: http, settings: {url: 'http://a', headers: {'b d': c}}} | header",
                "scoring.scorers.0={kind: http, settings: {url: 'http://127.0.0.1:99999/'}} | has port 99999; ports end at 65535",
                "scoring.scorers.0.calls={firstPause: 20s, longestPause: 1s} | firstPause PT20S is longer than longestPause PT1S",
                "scoring.streams.properties.'num.stream.threads'=zwei | 'num.stream.threads': Invalid value zwei",
                "scoring.streams.properties.'consumer.max.poll.records'=0 | 'consumer.max.poll.records': Invalid value 0",
                "scoring.streams.properties={num.stream.thread: 2} | 'num.stream.thread' is no setting of Kafka Streams; did you mean 'num.stream.threads'?",
                "scoring.streams.stateFolder=/proc/x | the state folder /proc/x cannot be made",
                "assembler.topic=completions | topic is completions, which holds other records",
                "assembler.topic='scored groups' | topic is 'scored groups'; it may have",
                "trainer.source={mode: offline, topic: scores} | source.topic is scores, which holds other records",
                "trainer.source={mode: offline, offsets: ['0:0-2', '0:1-3']} | source.offsets names partition 0 twice",
                "log.client.'acks'=7 | 'acks': Invalid value 7",
                "log.client.'security.protocol'=SSLX | 'security.protocol': Invalid value SSLX",
                "log={bootstrapServers: '127.0.0.1:99999', schemaRegistryUrl: 'http://a'} | has port 99999; ports end at 65535",
                "log={bootstrapServers: 'a:9092', schemaRegistryUrl: 'http://a:99999'} | has port 99999; ports end at 65535",
                "scoring.plugins=/nowhere | there is no plug-in folder /nowhere",
                "assembler.recipe.scorers=[{scorer: lenght}] | assembler.recipe names [lenght@1], but scoring.scorers has only [length@1, regex@1]",
                "trainer.model=/nowhere | there is no folder /nowhere",
                "trainer.model=null | trainer.model is not set",
                "trainer.reference=/nowhere | there is no folder /nowhere",
                "trainer.lora={targetModules: [nothing]} | nothing",
                "trainer.source={mode: offline, from: yesterday} | trainer.source.from: 'yesterday' is no time",
                "trainer.source={mode: offline, from: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z'} | not after from",
                "producer.sampling.maxTokens=32 | the model's context of 32 tokens has no room for a prompt",
                "producer.evaluation={sampling: {maxTokens: 99}} | producer.evaluation.sampling.maxTokens is 99",
                "producer.backPressure={stopAbove: 1, resumeBelow: 0} | the trainer waits for the 2 groups of a step",
                "producer.openAi={url: 'http://a/v1', model: m, tokenizer: /nowhere} | tokenizer /nowhere is no folder",
                "prompts=[{file: /nowhere}] | there is no file /nowhere",
                "prompts=[{file: MODEL/config.json}] | config.json",
                "log.bootstrapServers=a:1 | log.bootstrapServers is set but log.schemaRegistryUrl is not",
                "log={bootstrapServers: a, schemaRegistryUrl: b} | 'a' is not of the form host:port",
                "trainer.objective={name: dpo, clip: 0.2} | trainer.objective.clip: is not used by dpo, only by rloo, grpo and dr-grpo",
                "trainer.objective={eta: 2} | trainer.objective.eta: is not used by copg, only by rebel",
                "trainer.objective={name: ipo, rewardScale: 2} | trainer.objective.rewardScale: is not used by ipo",
                "trainer.objective={name: sft, beta: 0.2} | trainer.objective.beta: is not used by sft",
                "trainer.objective={likelihoodOf: all} | trainer.objective.likelihoodOf: is not used by copg without a likelihoodWeight",
                "trainer.abort={patience: 2} | trainer.abort.patience: is not used without trainer.abort.maxKl",
                "trainer.source={epochs: 2} | trainer.source.epochs: is not used with source.mode live",
                "trainer.source={mode: follow, shuffle: false} | trainer.source.shuffle: is not used with source.mode follow",
                "trainer.source={mode: offline, stopAtEnd: true} | trainer.source.stopAtEnd: is not used with source.mode offline",
                "trainer.source={topic: scored-groups.b} | the trainer learns from scored-groups.b, and the groups of this run go to scored-groups",
                "assembler.topic=scored-groups.b | the trainer learns from scored-groups, and the groups of this run go to scored-groups.b",
                "trainer.source={recipe: another} | trainer.source.recipe: is another, and the groups of this run are made by a recipe without a name",
                "producer.evaluateOnly=true | with trainer.source.mode live nothing is learned from",
                "producer.maxGroups=7 | producer.maxGroups: is 7, and the 4 steps of 2 groups need 8",
                "producer.maxPasses=3 | producer.maxPasses: is 3, which makes 6 groups of the 2 prompts to learn from, and the 4 steps of 2 groups need 8",
                "producer.runId=x | producer.runId: is x, and trainer.runId is mine",
                "metrics.host=localhost | metrics.host: is not used without metrics.port",
                "assembler.recipe.scorers=[{scorer: length, weight: 0}] | the reward is the same whatever the scores are",
                "assembler.recipe.scorers=[{scorer: length, weight: 0}, {scorer: regex, clip: [1, 1]}] | the reward is the same whatever",
                "scoring.scorers.0.kind=Length | no scorer 'Length'; did you mean 'length'?",
                "scoring.streams.instance='a b' | scoring.streams.instance: is 'a b'; it may have letters",
                "assembler.streams.applicationPrefix='a b' | assembler.streams.applicationPrefix: is 'a b'; it may have",
                "scoring.streams.sessionTimeout=1s | scoring.streams.sessionTimeout: is 1000ms, and the broker allows from 6s to 30m",
                "assembler.streams.sessionTimeout=1h | assembler.streams.sessionTimeout: is 3600000ms, and the broker allows",
                "assembler.recipe.name=NAME | assembler.recipe.name: the name must be at least",
                "scoring.scorers.0.name=NAME | scoring.scorers.0: name and version must be at least",
                "trainer=3 | trainer: must be keys with values",
                "log.client={security.protocl: SSL} | did you mean 'security.protocol'?",
                "metrics.host=no.such.host.invalid | metrics.host",
            })
    void oneThingThatIsWrongIsSaid(String setting, String said) {
        String here =
                setting.replace("MODEL", folder.resolve("model").toString()).replace("NAME", "a".repeat(230));
        ConfigFile wrong = right.set(here);
        if (setting.startsWith("metrics.host=no")) {
            wrong = wrong.set("metrics.port=0");
        }
        if (setting.startsWith("producer.runId")) {
            wrong = wrong.set("trainer.runId=mine");
        }
        ConfigCheck checked = check(wrong, Scope.FILE);
        assertThat(checked.faults())
                .as(here)
                .extracting(Binding.Fault::message)
                .anyMatch(message -> message.contains(said))
                .noneMatch(message -> message.contains("\n"));
        assertThatThrownBy(checked::require)
                .as("what --set broke is said of --set, whoever finds it")
                .hasMessageStartingWith("--set ")
                .message()
                .doesNotContain(folder.resolve("run.yaml") + ":");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "trainer.objective={name: dpo, eta: 1, rewardScale: 1}",
                "trainer.objective={name: grpo, clip: 0.1}",
                "trainer.objective={name: sft, likelihoodOf: all}",
                "trainer.source={mode: follow, stopAtEnd: true}",
                "trainer.source={mode: offline, epochs: 2, shuffle: false}",
                "trainer.abort={maxKl: 9, patience: 2}",
                "assembler.recipe.scorers=[{scorer: length, weight: 0}, {scorer: regex}]",
                "producer.maxGroups=8",
                "producer.maxPasses=4",
            })
    void whatIsUsedOrIsTheDefaultAnywayIsNoFault(String setting) {
        for (Scope scope : List.of(Scope.FILE, Scope.RUN)) {
            assertThat(check(right.set(setting), scope).faults())
                    .as(setting + " for " + scope)
                    .isEmpty();
        }
    }

    @Test
    void aTrainerGoesOnWithARunThatBeganWithASettingThatNothingUses() throws IOException {
        ConfigFile unused = right.set("trainer.objective={name: dpo, clip: 0.2}")
                .set("trainer.runId=begun")
                .set("trainer.directory=" + folder.resolve("runs"));
        assertThat(check(unused, Scope.TRAINER).faults()).hasSize(1);
        Files.createDirectories(folder.resolve("runs/begun/checkpoints"));
        assertThat(check(unused, Scope.TRAINER).faults()).isEmpty();
    }

    @Test
    void oneBrokerKeepsOneCopyAndAsksForNoPasswords() {
        ConfigFile copies = right.set("log.replicationFactor=3");
        ConfigFile secured = right.set("log.client={security.protocol: SASL_PLAINTEXT}");
        for (ConfigFile file : List.of(copies, secured)) {
            assertThat(check(file, Scope.RUN).faults())
                    .extracting(Binding.Fault::message)
                    .singleElement()
                    .asString()
                    .contains("without log.bootstrapServers there is");
            assertThat(check(file, Scope.FILE).faults()).isEmpty();
            assertThat(check(file, Scope.FILE).remarks()).hasSize(1);
            ConfigFile cluster = file.set("log.bootstrapServers='a:1'").set("log.schemaRegistryUrl='http://a'");
            assertThat(check(cluster, Scope.RUN).faults()).isEmpty();
        }
    }

    @Test
    void aRunThatHasOnlyHeldOutPromptsHasNothingToSampleFrom() {
        ConfigFile heldOut = right.set("prompts.0.split=held-out");
        assertThat(check(heldOut, Scope.RUN).faults())
                .extracting(Binding.Fault::message)
                .singleElement()
                .asString()
                .contains("the files have prompts of held-out alone, and the split train is sampled from");
        assertThat(check(heldOut.set("producer.task=imported-before"), Scope.RUN)
                        .faults())
                .isEmpty();
        assertThat(check(heldOut.set("trainer.source={mode: offline}"), Scope.RUN)
                        .faults())
                .isEmpty();
    }

    @Test
    void allFaultsAreSaidByTheCommandEachAtItsPlace() throws IOException {
        Path file = Files.writeString(
                folder.resolve("wrong.yaml"),
                Files.readString(folder.resolve("run.yaml"))
                        .replace("kind: length", "kind: lenght")
                        .replace("pattern: a+", "patern: a+")
                        .replace("steps: 4", "stepz: 4"));
        Said said = execute("config", "--config", file.toString(), "--set", "trainer.batch.groups=0");
        assertThat(said.code()).isEqualTo(2);
        assertThat(said.err())
                .contains(file + ":5: scoring.scorers.0.kind: no scorer 'lenght'; did you mean 'length'?")
                .contains(file + ":6: unknown key 'scoring.scorers.1.settings.patern'; did you mean 'pattern'?")
                .contains(file + ":7: unknown key 'trainer.stepz'; did you mean 'steps'?")
                .contains("--set trainer.batch.groups=0: trainer.batch: batch.groups is 0")
                .doesNotContain("trainer.steps is not set");
        Said run = execute("run", "--config", file.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("no scorer 'lenght'").contains("trainer.stepz");
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void aPlugInThatCannotBeLoadedIsKnownBeforeARun() throws IOException {
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
        Path jar = plugins.resolve("user.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry("META-INF/services/io.counterflow.scorer.api.ScorerFactory"));
            out.write("user.Missing\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(check(right.set("scoring.plugins=" + plugins).set("scoring.scorers.0.kind=user"), Scope.RUN)
                        .faults())
                .extracting(Binding.Fault::message)
                .containsExactly(
                        "scoring.plugins: " + jar + " names the scorer factory user.Missing in META-INF/services/"
                                + "io.counterflow.scorer.api.ScorerFactory, and has no such class");
    }

    @Test
    void chatPromptsWantAChatTemplate() throws IOException {
        Path chat = Files.writeString(
                folder.resolve("chat.jsonl"), "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n");
        assertThat(check(right.set("prompts=[{file: " + chat + "}]"), Scope.RUN).faults())
                .extracting(Binding.Fault::message)
                .anyMatch(m -> m.contains(chat + " has chat messages, and the model has no chat template"));
    }

    @Test
    void aModelFolderThatLacksAPartIsSaid() throws IOException {
        for (String part : List.of("model.safetensors", "tokenizer.json", "config.json")) {
            Path file = folder.resolve("model").resolve(part);
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            assertThat(check(right, Scope.TRAINER).faults()).as(part).hasSize(1);
            Files.write(file, bytes);
        }
        assertThat(check(right, Scope.TRAINER).faults()).isEmpty();
    }

    @Test
    void aPortThatIsTakenStopsACommandAndIsARemarkToTheFile() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            ConfigFile file = right.set("metrics.port=" + taken.getLocalPort());
            assertThat(check(file, Scope.RUN).faults())
                    .extracting(Binding.Fault::message)
                    .singleElement()
                    .asString()
                    .contains("cannot be listened on");
            assertThat(check(file, Scope.FILE).faults()).isEmpty();
            assertThat(check(file, Scope.FILE).remarks()).hasSize(1);
        }
    }

    @Test
    void aDataDirectoryThatIsAFileIsSaid() {
        assertThat(ConfigCheck.of(right, Scope.RUN, new RunFolders(folder.resolve("run.yaml")))
                        .faults())
                .extracting(Binding.Fault::message)
                .anyMatch(m -> m.contains("the data directory (--data) " + folder.resolve("run.yaml") + " is a file"));
    }

    @Test
    void whatOnlyALogOrAnotherMachineKnowsIsNamedAsNotChecked() {
        ConfigFile preferences = right.set("trainer.source={mode: offline, runs: [pairs]}")
                .set("assembler.recipe.scorers=[{scorer: preference}]")
                .set("trainer.model=hf:org/name");
        Said said = said(() -> {
            ConfigCheck check = check(preferences, Scope.FILE);
            check.require();
            check.unchecked().forEach(System.out::println);
            return 0;
        });
        assertThat(said.out())
                .contains("whether the log has groups of the runs [pairs] in scored-groups")
                .contains("whether the log has the scores of [preference@1]")
                .contains("trainer.model hf:org/name, which is fetched when it is needed");
    }

    @Test
    void theCommandSaysThatAFileIsValid() {
        Said said = execute("config", "--config", folder.resolve("run.yaml").toString());
        assertThat(said.err()).isEmpty();
        assertThat(said.out()).isEqualTo("the configuration is valid" + System.lineSeparator());
        assertThat(said.code()).isZero();
        assertThat(execute(
                                "config",
                                "--for",
                                "reward-scorer",
                                "--config",
                                folder.resolve("run.yaml").toString())
                        .code())
                .isZero();
    }

    private ConfigCheck check(ConfigFile file, Scope scope) {
        return ConfigCheck.of(file, scope, new RunFolders(folder.resolve("data")));
    }

    private record Said(int code, String out, String err) {}

    private Said execute(String... arguments) {
        StringWriter err = new StringWriter();
        Said said = said(() -> Counterflow.commandLine()
                .setErr(new PrintWriter(err, true))
                .execute(java.util.stream.Stream.concat(
                                java.util.Arrays.stream(arguments),
                                java.util.stream.Stream.of(
                                        "--data", folder.resolve("data").toString()))
                        .toArray(String[]::new)));
        return new Said(said.code(), said.out(), err.toString());
    }

    private static Said said(java.util.function.IntSupplier command) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            int code = command.getAsInt();
            return new Said(code, out.toString(StandardCharsets.UTF_8), "");
        } finally {
            System.setOut(before);
        }
    }
}
