/** Records that could not be processed: finding them, and sending them round again once the cause is gone. */
package io.counterflow.log.deadletters;
