/** What a person sees while something runs: numbered stages and progress bars on a terminal, plain lines where the output goes to a file. */
package io.counterflow.cli.progress;
