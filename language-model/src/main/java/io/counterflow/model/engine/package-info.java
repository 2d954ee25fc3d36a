/** How DJL is set up before anything of it is used, whichever part of the model is used first, and the threads that use it. */
package io.counterflow.model.engine;
