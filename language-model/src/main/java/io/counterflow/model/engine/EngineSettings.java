package io.counterflow.model.engine;

/**
 * Settings of DJL and libtorch, as system properties. Each can be set from outside; only what is not set is set here.
 *
 * <ul>
 *   <li>{@code ai.djl.offline}, true by default: nothing is downloaded. With {@code OPT_OUT_TRACKING}, also true, DJL's engine and
 *       tokenizer send no telemetry.
 *   <li>{@code ai.djl.pytorch.num_threads} and {@code num_interop_threads}, 1 by default: beside a busy neighbour the barriers of several
 *       OpenMP threads spin, and two threads then do far less than one.
 *   <li>{@code RUST_FLAVOR}, {@code cpu} by default: which of its libraries DJL's tokenizer takes; where it sees a GPU it would look for one
 *       that it has to download.
 * </ul>
 *
 * <p>The environment variables {@code PYTORCH_LIBRARY_PATH}, {@code PYTORCH_VERSION} and {@code PYTORCH_FLAVOR} name another libtorch, which
 * must be of the version that DJL's JNI is made for (2.7.1), or come with a library of DJL's native methods made for it (build.sh beside
 * djl_torch.cpp).
 */
public final class EngineSettings {
    private EngineSettings() {}

    /** To be called before DJL is; does nothing the second time. */
    public static void apply() {
        setWhereMissing("ai.djl.offline", "true");
        setWhereMissing("OPT_OUT_TRACKING", "true");
        setWhereMissing("RUST_FLAVOR", "cpu");
        setWhereMissing("ai.djl.pytorch.num_threads", "1");
        setWhereMissing("ai.djl.pytorch.num_interop_threads", "1");
    }

    private static void setWhereMissing(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
