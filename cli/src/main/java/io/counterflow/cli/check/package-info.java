/**
 * What can be known of a configuration before anything starts: scorers, recipe, models, prompts, times and places that fit each other and are there. One
 * place for the command {@code config}, which is here, {@code run}, and each service alone. Nothing is written, fetched or loaded, and no broker is asked.
 */
package io.counterflow.cli.check;
