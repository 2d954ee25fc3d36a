/**
 * Published experiments small enough to have an exact answer, run with the very objectives that train language models.
 *
 * <p>Plain arithmetic: no tensors, no log, no files and no drawing. A result depends on the seed alone, to the last bit,
 * on every machine and for any number of threads.
 */
package io.counterflow.trainer.experiment;
