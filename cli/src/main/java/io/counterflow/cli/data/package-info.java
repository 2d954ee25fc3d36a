/** Public data sets as files of JSON lines: fetched with the user's own package tools, checked against a known SHA-256, converted. */
package io.counterflow.cli.data;
