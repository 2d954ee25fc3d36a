/**
 * The door through which other programs write to the log over HTTP: scores of completions that are there, completions that were sampled elsewhere, and
 * requests of OpenAI's API, which are passed on to a server. What is
 * answered as written is acknowledged by the brokers. What servers are asked and how their answers read is {@code source.server}'s; reading files is {@code completions}' work, and so is what a completion's record is made of.
 */
package io.counterflow.producer.gateway;
