/**
 * Makes groups of completions and scores, as a recipe says: one Kafka Streams application for each recipe. A group is closed once,
 * and nothing that arrives later opens it again. How a score is made is not this package's matter.
 */
package io.counterflow.scorer.assembler;
