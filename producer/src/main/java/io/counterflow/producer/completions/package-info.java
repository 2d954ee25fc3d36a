/**
 * Completions that were written elsewhere, by people or other programs, on their way into the log: parsed from files, tokenised as the policy sees
 * them, grouped by prompt. They carry no behaviour log-probability and no policy version, which CoPG does not ask for.
 */
package io.counterflow.producer.completions;
