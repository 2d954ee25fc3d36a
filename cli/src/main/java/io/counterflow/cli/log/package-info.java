/**
 * The log as a command comes to it: a cluster that is named, or the broker in this process on a data directory, whose folders are known here.
 */
package io.counterflow.cli.log;
