package io.counterflow.cli.run;

import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Publication;
import io.counterflow.log.Topic;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.trainer.TrainerConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** Announces the policy of a run that has no trainer, so that the producer knows what to sample from. */
final class FirstPolicy {

    private final Log log;
    private final InstantSource clock;

    FirstPolicy(Log log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    /** Announces it, with a wish for its evaluation, unless that was done before. */
    void publish(TrainerConfig trainer) {
        AtomicBoolean there = new AtomicBoolean();
        try (LogReader<PolicyVersion> reader = new LogReader<>(log, Topic.POLICIES, PolicyVersion.class)) {
            reader.read(reader.everything(), r -> {
                if (trainer.runId().equals(r.key())) {
                    there.set(true);
                }
            });
        }
        if (there.get()) {
            return;
        }
        Path folder = Path.of(trainer.model());
        String weightsSha256;
        try (LanguageModel model = LanguageModel.load(folder, ModelOptions.inference())) {
            weightsSha256 = model.policySha256();
        }
        PolicyVersion policy = PolicyVersion.newBuilder()
                .setRunId(trainer.runId())
                .setVersion(0)
                .setLocation(folder.toUri().toString())
                .setWeightsSha256(weightsSha256)
                .setEvaluate(true)
                .setLast(false)
                .setPublishedAt(clock.instant())
                .build();
        try (Publication publication = new Publication(log, Topic.POLICIES)) {
            publication.add(trainer.runId(), policy);
            publication.finish();
        }
    }
}
