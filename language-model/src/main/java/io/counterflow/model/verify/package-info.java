/**
 * Holds what this software computes on a checkpoint against what other software computed: the {@code expected.json} in the
 * checkpoint's folder.
 */
package io.counterflow.model.verify;
