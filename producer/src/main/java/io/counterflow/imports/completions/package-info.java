/**
 * Completions that were written elsewhere, by people or other programs, on their way into the log: parsed from files, tokenised as the policy sees
 * them, grouped by prompt. What a file knows of how they were sampled, their token ids above all, is checked and kept as it is; without it they carry no
 * behaviour log-probability and no policy version, which CoPG does not ask for. Scores that stand beside a completion come along. Nothing here samples.
 */
package io.counterflow.imports.completions;
