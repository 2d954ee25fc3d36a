/** What the readers of JSON files have in common: how a damaged one is described. */
package io.counterflow.model.json;
