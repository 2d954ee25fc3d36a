/**
 * Public data sets as files of JSON lines: fetched with the user's own package tools or from their authors, checked against a known SHA-256, converted.
 */
package io.counterflow.cli.data;
