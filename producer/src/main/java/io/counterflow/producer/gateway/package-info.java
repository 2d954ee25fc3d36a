/**
 * The door through which other programs write to the log over HTTP: scores of completions that are there, and completions that were sampled elsewhere. What is
 * answered as written is acknowledged by the brokers. Reading files is {@code completions}' work, and so is what a completion's record is made of.
 */
package io.counterflow.producer.gateway;
