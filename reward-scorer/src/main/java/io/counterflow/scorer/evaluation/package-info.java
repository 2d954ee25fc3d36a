/** How good a learned scorer is on examples whose answer is known: accuracy, calibration, confusion. */
package io.counterflow.scorer.evaluation;
