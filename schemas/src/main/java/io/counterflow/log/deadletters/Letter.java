package io.counterflow.log.deadletters;

import io.counterflow.log.LogPosition;
import io.counterflow.schemas.DeadLetter;

/**
 * A dead letter.
 *
 * @param position where it stands in the topic of dead letters
 * @param key as of the original record; null where it had none
 * @param redriven whether it was sent round again
 */
public record Letter(LogPosition position, String key, DeadLetter content, boolean redriven) {}
