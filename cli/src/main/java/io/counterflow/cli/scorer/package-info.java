/** Commands that train scorers' models and judge them. */
package io.counterflow.cli.scorer;
