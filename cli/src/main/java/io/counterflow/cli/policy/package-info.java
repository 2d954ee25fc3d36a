/** What commands that make policies without a log have in common: the texts that a policy is fitted to. */
package io.counterflow.cli.policy;
