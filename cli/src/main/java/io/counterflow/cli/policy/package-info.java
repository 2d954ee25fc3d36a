/** The command {@code train-policy}: texts, an optional adapter, and fitting a policy to them by likelihood, without a log. */
package io.counterflow.cli.policy;
