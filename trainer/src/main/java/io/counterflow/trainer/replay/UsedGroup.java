package io.counterflow.trainer.replay;

import io.counterflow.schemas.ScoredGroup;

/**
 * A group that touched a checkpoint.
 *
 * @param step the optimizer step that used it
 * @param partition where it stands in the topic of scored groups
 * @param offset where it stands there
 * @param group the group with its completions and all of their scores
 */
public record UsedGroup(long step, int partition, long offset, ScoredGroup group) {}
