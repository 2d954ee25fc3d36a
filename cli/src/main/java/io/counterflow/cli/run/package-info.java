/**
 * A run from the outside: its one configuration file, and the three services started, watched and stopped together in one process. The
 * services know nothing of each other; what is here only starts and stops them.
 */
package io.counterflow.cli.run;
