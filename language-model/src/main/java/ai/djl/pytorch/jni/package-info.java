/** One class of ours in DJL's package, because what it calls is visible only here. Nothing else belongs here. */
package ai.djl.pytorch.jni;
