/**
 * The main job from one command: a corpus of small generated programs, a base policy pre-trained on a noisy version of it, and the three services
 * wired to an embedded broker. Whatever another model or another reward needs too does not belong here.
 */
package io.counterflow.cli.quickstart;
