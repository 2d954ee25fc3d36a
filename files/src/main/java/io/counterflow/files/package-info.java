/**
 * What every part asks of the disk: files and folders that are there whole or not at all and outlast a loss of power, their SHA-256, and how a
 * folder is deleted. Knows nothing of what is in them, and stands on the JDK alone.
 */
package io.counterflow.files;
