/**
 * Configuration as the user writes it: YAML bound to the services' own records, unknown keys refused, single keys overridden from the command
 * line, and what is in force printed with its documentation. {@code init} writes a first one. What the keys mean is not here but at the record components they are bound to.
 */
package io.counterflow.cli.config;
