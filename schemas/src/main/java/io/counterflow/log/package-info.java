/**
 * The log: topic names and settings, connection, serialisation, identifiers, and reading parts of it again.
 *
 * <p>Everything that a stage needs to talk to the others is here, and nothing of what it says: no model, no reward, no
 * loss. Values are in the Confluent wire format, keys are UTF-8 strings.
 */
package io.counterflow.log;
