/**
 * Draws completions from a decoder: batches with a key-value cache, random draws made in Java from a stream of each sequence's own,
 * and the rules by which a completion ends. Nothing here knows how weights are loaded or trained.
 */
package io.counterflow.model.sampling;
