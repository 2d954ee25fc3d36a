/** Shuffling: orders that are functions of a seed. Nothing here knows what is put in order. */
package io.counterflow.trainer.order;
