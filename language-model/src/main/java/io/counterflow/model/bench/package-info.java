/**
 * Measures the language model: tokens a second in training and sampling, and the same of PyTorch eager in Python where one is found, in
 * one run on one machine. No target is set here; that is for the reader.
 */
package io.counterflow.model.bench;
