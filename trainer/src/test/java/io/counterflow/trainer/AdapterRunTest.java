package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.files.Sha256;
import io.counterflow.log.Log;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.replay.CheckpointAudit;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that train a LoRA adapter: what they save and how they go on. */
class AdapterRunTest {

    private static final long SEED = System.nanoTime();
    private static final int GROUPS = 80;
    private static final int STEPS = 20;
    private static final List<TokenSequence> SEQUENCES = List.of(
            new TokenSequence(new int[] {5, 6, 7}, new int[] {8, 9, 10, 11}),
            new TokenSequence(new int[] {12}, new int[] {13, 14}));

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Log log;

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(directory.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
        try (SampledGroups groups = new SampledGroups(log, 11)) {
            groups.publish("past", GROUPS);
        }
    }

    @AfterAll
    static void stop() {
        log.close();
        embedded.close();
    }

    private static TrainerConfig config(String runId, LoraConfig lora) {
        return Runs.withLora(Runs.of(runId, directory, SourceConfig.offline(List.of("past"), 1), null, 4), lora);
    }

    private static void run(TrainerConfig config) {
        new TrainerService(log, config, InstantSource.system()).run();
    }

    private static Path checkpoint(TrainerConfig config, int step) {
        return config.checkpointFolder().resolve("step-%08d".formatted(step));
    }

    @Test
    void aCheckpointIsAnAdapterInPeftsFormAndNamesItsBaseByItsHash() throws Exception {
        TrainerConfig config = config("saved", new LoraConfig(4, 6.0, null, List.of("q_proj", "down_proj"), true));
        run(config);

        Path last = checkpoint(config, STEPS);
        try (Stream<Path> files = Files.list(last)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "adapter_config.json",
                            "adapter_model.safetensors",
                            "tokenizer.json",
                            "tokenizer_config.json",
                            "optimizer.safetensors",
                            "trainer-state.json",
                            "manifest.json");
        }
        AdapterConfig adapter = AdapterConfig.read(last);
        assertThat(adapter.scale("model.layers.0.self_attn.q_proj", 4)).isCloseTo(3, within(0.0));
        assertThat(adapter.baseModel()).contains(Runs.MODEL.toString());
        TrainerState state = TrainerState.read(last);
        String base = Sha256.of(Runs.MODEL.resolve("model.safetensors"));
        assertThat(state.initialWeightsSha256()).isEqualTo(base);
        assertThat(AdapterTensors.baseSha256(last)).contains(base);
        RunLedger ledger = new LedgerReader(log).read("saved");
        assertThat(ledger.ended().orElseThrow().getWeightsSha256())
                .isEqualTo(state.weightsSha256())
                .isEqualTo(Sha256.of(last.resolve(AdapterTensors.FILE_NAME)));
        assertThat(new CheckpointAudit(log, last).run(used -> {}).holds()).isTrue();
        try (LanguageModel model = LanguageModel.load(last, ModelOptions.inference());
                LanguageModel plain = LanguageModel.load(Runs.MODEL, ModelOptions.inference())) {
            List<float[]> before = plain.tokenLogProbabilities(SEQUENCES);
            assertThat(model.tokenLogProbabilities(SEQUENCES).get(0)).isNotEqualTo(before.get(0));
            assertThat(model.referenceTokenLogProbabilities(SEQUENCES).get(0))
                    .containsExactly(before.get(0), within(1e-6f));
        }
    }

    @Test
    void aRunOfAnAdapterWithDropoutThatIsKilledEndsWithTheBytesOfOneThatNeverWas() throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        LoraConfig lora = new LoraConfig(4, null, 0.2, null, null);
        TrainerConfig undisturbed = config("undisturbed", lora);
        TrainerConfig killed = config("killed", lora);
        run(undisturbed);

        Path errors = directory.resolve("trainer-errors.txt");
        int kills = 0;
        for (int attempt = 0; attempt < 2; attempt++) {
            try (TrainerChild trainer = TrainerChild.start(embedded.config(), killed, errors)) {
                trainer.awaitStep(new LedgerReader(log).read(killed.runId()).lastPlanned() + random.nextInt(1, 8));
                kills += trainer.killedAfter(Duration.ofMillis(random.nextInt(1, 30))) ? 1 : 0;
            }
        }
        try (TrainerChild trainer = TrainerChild.start(embedded.config(), killed, errors)) {
            assertThat(trainer.exitCode())
                    .as("seed %d, %s", SEED, Files.readString(errors))
                    .isZero();
        }

        assertThat(kills).as("seed %d", SEED).isPositive();
        assertThat(new LedgerReader(log).read(killed.runId()).canonicalSha256())
                .as("seed %d", SEED)
                .isEqualTo(new LedgerReader(log).read(undisturbed.runId()).canonicalSha256());
        for (String file : List.of("adapter_model.safetensors", "adapter_config.json", "optimizer.safetensors")) {
            assertThat(checkpoint(killed, STEPS).resolve(file))
                    .as("seed %d", SEED)
                    .hasSameBinaryContentAs(checkpoint(undisturbed, STEPS).resolve(file));
        }
        Path again = directory.resolve("again");
        assertThat(new Replay(log, new ReplayRequest(killed.runId(), null, null, null, again), TrainerListener.none())
                        .run()
                        .identical())
                .isTrue();
        for (String file : List.of("adapter_model.safetensors", "optimizer.safetensors")) {
            assertThat(again.resolve(file))
                    .hasSameBinaryContentAs(checkpoint(undisturbed, STEPS).resolve(file));
        }
    }

    @Test
    void aBaseInBfloat16IsTakenAsItIs() throws Exception {
        Path half = directory.resolve("half");
        convert(Runs.MODEL, TensorType.BF16, half);
        TrainerConfig config = config("half", LoraConfig.ofRank(2)).withModel(half);
        assertThatThrownBy(() -> run(Runs.withLora(config.withRunId("all-weights"), null)))
                .hasMessageContaining("is in BF16")
                .hasMessageContaining("or train an adapter: trainer.lora");
        RunningTrainer running = new RunningTrainer(log, config, 6);
        running.awaitEnd();

        run(config);

        assertThat(AdapterTensors.baseSha256(checkpoint(config, STEPS)))
                .contains(Sha256.of(half.resolve("model.safetensors")));
        assertThat(new Replay(log, ReplayRequest.of("half"), TrainerListener.none())
                        .run()
                        .identical())
                .isTrue();
    }

    @Test
    void anAdapterCannotBeWhatARunStartsFromNorChangeWhileItGoesOn() throws Exception {
        TrainerConfig config = config("first", LoraConfig.ofRank(2));
        run(config);
        assertThatThrownBy(() -> new TrainerService(
                        log, config.withRunId("second").withModel(checkpoint(config, STEPS)), InstantSource.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a LoRA adapter")
                .hasMessageContaining("model merge");

        TrainerConfig begun = config("begun", LoraConfig.ofRank(2));
        RunningTrainer running = new RunningTrainer(log, begun, 3);
        running.awaitEnd();
        assertThatThrownBy(() -> run(Runs.withLora(begun, null)))
                .hasMessageContaining("trainer.lora was {")
                .hasMessageContaining("and is not set");
        assertThatThrownBy(() -> run(Runs.withLora(begun, LoraConfig.ofRank(3))))
                .hasMessageContaining("trainer.lora.rank was 2 and is 3");
        assertThatThrownBy(() -> run(config("typo", new LoraConfig(2, null, null, List.of("q_prj"), null))))
                .hasMessageContaining("lora.targetModules names q_prj")
                .hasMessageContaining("q_proj");
        assertThat(new LedgerReader(log).read("typo").started()).isEmpty();
    }

    private static void convert(Path source, TensorType type, Path target) throws Exception {
        ModelConfig config = ModelConfig.read(source).withDtype(type);
        Files.createDirectories(target);
        try (CheckpointTensors tensors = CheckpointTensors.open(source, config)) {
            List<Tensor> converted = config.tensors().stream()
                    .map(spec -> Tensor.ofPieces(
                            spec.name(), type, spec.shape(), pieces -> tensors.floats(spec.name(), pieces)))
                    .toList();
            CheckpointWriter.write(target, config, converted, Long.MAX_VALUE);
        }
        CheckpointWriter.copyCompanions(source, target);
    }
}
