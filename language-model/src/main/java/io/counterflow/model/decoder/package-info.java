/**
 * The transformer itself: one decoder, configured, whose operations are TorchScript source (the resources of this package)
 * that Java packs into an archive and libtorch compiles. Weights stay DJL arrays and come with every call.
 *
 * <p>Nothing here knows of checkpoints, tokenizers, samples or losses. Every array belongs to a manager that its caller closes.
 */
package io.counterflow.model.decoder;
