/**
 * Files of JSON lines, in and out: what stands in one is taken exactly as it is or refused with its line, and what is written is there whole or not
 * at all. Nothing here knows what the lines mean.
 */
package io.counterflow.log.lines;
