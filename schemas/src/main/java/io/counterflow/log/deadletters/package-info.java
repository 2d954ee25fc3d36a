/**
 * What could not be processed: listing it, and sending it round again once the cause is mended. Who writes dead letters, and why,
 * is not this package's matter.
 */
package io.counterflow.log.deadletters;
