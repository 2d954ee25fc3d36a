package io.counterflow.model.tokenizer;

/**
 * What DJL's libraries may do in this process, as system properties. Each can be set from outside; only what is not set is set here.
 *
 * <ul>
 *   <li>{@code ai.djl.offline}, true by default: nothing is downloaded. With {@code OPT_OUT_TRACKING}, also true, DJL's engine and
 *       tokenizer send no telemetry.
 *   <li>{@code RUST_FLAVOR}, {@code cpu} by default: which of its libraries DJL's tokenizer takes; where it sees a GPU it would look for one
 *       that it has to download.
 * </ul>
 */
public final class DjlSettings {
    private DjlSettings() {}

    /** To be called before DJL is; does nothing the second time. */
    public static void apply() {
        setWhereMissing("ai.djl.offline", "true");
        setWhereMissing("OPT_OUT_TRACKING", "true");
        setWhereMissing("RUST_FLAVOR", "cpu");
    }

    /** Sets a system property that nobody has set. */
    public static void setWhereMissing(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
