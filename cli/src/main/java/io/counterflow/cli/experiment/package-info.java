/**
 * {@code counterflow experiment}: published experiments, run anew, with their figures and a verdict. Here are the
 * commands, the files and the drawing; the arithmetic is in {@code io.counterflow.trainer.experiment}.
 */
package io.counterflow.cli.experiment;
