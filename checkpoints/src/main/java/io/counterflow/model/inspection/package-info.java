/** What can be told of a folder with a model before it is loaded: that its parts are there, can be read, and fit each other. No weights are read but those of an adapter. */
package io.counterflow.model.inspection;
