/**
 * Looking back: training a run again from the log to the same bytes, and telling which samples and scores made a
 * checkpoint. Nothing here writes to the log.
 */
package io.counterflow.trainer.replay;
