package io.counterflow.trainer.batch;

import java.util.Optional;

/** Decides whether a group may be trained on. */
@FunctionalInterface
public interface Admission {

    /**
     * @param step the optimizer step that would use the group
     * @return why it is set aside, or empty where it may be used
     * @throws UnfitLogException where the whole log cannot be what the run needs
     */
    Optional<String> refusal(TrainingGroup group, long step);
}
