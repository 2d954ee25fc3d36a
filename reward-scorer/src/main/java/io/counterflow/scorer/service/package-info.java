/**
 * Scoring from the log: one Kafka Streams application for each version of a scorer reads completions and writes scores, each
 * exactly once, whatever is killed and when. What cannot be scored is written with its cause, and goes to the dead letters too.
 * How groups are made of scores is not this package's matter.
 */
package io.counterflow.scorer.service;
