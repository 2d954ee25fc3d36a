package io.counterflow.trainer;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.model.ComputeEnvironment;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.TrainingStep;
import io.counterflow.trainer.batch.GroupFilter;
import io.counterflow.trainer.batch.GroupReader;
import io.counterflow.trainer.batch.ShuffledSource;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.batch.SourceRange;
import io.counterflow.trainer.batch.SourceRanges;
import io.counterflow.trainer.ledger.LedgerWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Begins a run: settles what its settings mean now, and writes that down. */
final class RunBeginning {

    private final Log log;
    private final TrainerConfig config;
    private final InstantSource clock;
    private final TrainerListener listener;

    RunBeginning(Log log, TrainerConfig config, InstantSource clock, TrainerListener listener) {
        this.log = log;
        this.config = config;
        this.clock = clock;
        this.listener = listener;
    }

    /** Writes the run's first ledger entry and announces the policy that it starts from, both or neither. */
    RunDefinition begin(LedgerWriter writer) {
        Path folder = PolicyLoader.modelFolder(config);
        String weightsSha256;
        try (LanguageModel model = LanguageModel.load(folder, ModelOptions.inference())) {
            if (config.lora() == null) {
                requireFullPrecision(folder, model);
            } else {
                config.lora().adapter(model.config(), folder);
            }
            weightsSha256 = model.weightsSha256();
        }
        List<SourceRange> ranges = SourceRanges.resolve(log, config.source());
        RunDefinition definition =
                new RunDefinition(config.withModel(folder), ranges, totalSteps(ranges), weightsSha256);
        Instant now = clock.instant();
        PolicyVersion policy = PolicyVersion.newBuilder()
                .setRunId(config.runId())
                .setVersion(0)
                .setLocation(folder.toUri().toString())
                .setWeightsSha256(weightsSha256)
                .setEvaluate(true)
                .setLast(false)
                .setPublishedAt(now)
                .build();
        TrainingStep started = TrainingStep.newBuilder()
                .setRunId(config.runId())
                .setStep(0)
                .setEntry(definition.toLedger(
                        config.source().topicName(log), softwareVersion(), ComputeEnvironment.here(), now))
                .build();
        writer.append(List.of(started), List.of(policy));
        listener.policyPublished(policy);
        return definition;
    }

    /** Weights are saved in the type they came in: what rounds them would make a continued run another run. */
    private static void requireFullPrecision(Path folder, LanguageModel model) {
        TensorType type = model.config().dtype().orElse(TensorType.F32);
        if (type != TensorType.F32) {
            throw new IllegalArgumentException(
                    "the model in " + folder + " is in " + type
                            + ", in which its checkpoints would be rounded and a run could not go on to the same bytes;"
                            + " convert it first: counterflow model convert --dtype float32, or train an adapter: trainer.lora");
        }
    }

    private long totalSteps(List<SourceRange> ranges) {
        long limit = config.steps() == null ? Long.MAX_VALUE : config.steps();
        if (config.source().mode() != SourceMode.OFFLINE) {
            return limit;
        }
        try (GroupReader reader = new GroupReader(log, config.source().topicName(log), 0)) {
            ShuffledSource source = new ShuffledSource(
                    reader,
                    ranges,
                    GroupFilter.of(config.source(), config.runId()),
                    false,
                    0,
                    config.source().epochs(),
                    1,
                    0);
            long groups = source.size();
            if (groups == 0) {
                throw new LogException(
                        "there are no groups to train on in " + config.source().topicName(log) + " "
                                + ranges + " from runs " + config.source().runs()
                                + " (empty: all); check source.runs, source.recipe and the ranges");
            }
            if (source.recipes().size() > 1) {
                throw new LogException("its range has groups that several recipes rewarded: "
                        + source.recipes().entrySet().stream()
                                .map(r -> r.getKey() + " (" + r.getValue() + ")")
                                .collect(Collectors.joining(", "))
                        + ". Their rewards are on scales of their own and a run learns from one: set source.recipe to"
                        + " it");
            }
            long inAnEpoch =
                    (groups + config.batch().groups() - 1) / config.batch().groups();
            return Math.min(limit, inAnEpoch * config.source().epochs());
        }
    }

    private static String softwareVersion() {
        return Optional.ofNullable(RunBeginning.class.getPackage().getImplementationVersion())
                .orElse("development");
    }
}
