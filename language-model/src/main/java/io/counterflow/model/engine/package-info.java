/** How DJL's engine is set up before anything of it is used, and the threads that use it. */
package io.counterflow.model.engine;
