/** A scorer as anybody may write one: the factory that Counterflow finds, its configuration, and what it computes. */
package io.counterflow.examples.readingease;
