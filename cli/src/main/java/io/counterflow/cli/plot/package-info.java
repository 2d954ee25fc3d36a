/** Drawings as files, pixels and vectors of the same picture, and how all of them look. What is drawn is its owner's matter. */
package io.counterflow.cli.plot;
