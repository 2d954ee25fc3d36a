/**
 * Prompts from files into the log: JSON lines with the column names that data sets use, one {@link
 * io.counterflow.schemas.Prompt} each. Nothing here samples.
 */
package io.counterflow.imports.prompts;
