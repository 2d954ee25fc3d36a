package io.counterflow.model.engine;

import io.counterflow.model.tokenizer.DjlSettings;

/**
 * Settings of libtorch, as system properties, beside those of {@link DjlSettings}. Each can be set from outside; only what is not set is set
 * here.
 *
 * <ul>
 *   <li>{@code ai.djl.pytorch.num_threads} and {@code num_interop_threads}, 1 by default: beside a busy neighbour the barriers of several
 *       OpenMP threads spin, and two threads then do far less than one.
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
        DjlSettings.apply();
        DjlSettings.setWhereMissing("ai.djl.pytorch.num_threads", "1");
        DjlSettings.setWhereMissing("ai.djl.pytorch.num_interop_threads", "1");
    }
}
