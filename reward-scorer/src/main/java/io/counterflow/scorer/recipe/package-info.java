/**
 * How scores become one reward: which scorers a group needs, what is done to their values, and how long a group waits. Where
 * scores come from, and how groups are kept, is not this package's matter.
 */
package io.counterflow.scorer.recipe;
