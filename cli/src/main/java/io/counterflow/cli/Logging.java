package io.counterflow.cli;

/** What must be settled before the first class of a library is loaded. */
final class Logging {

    private Logging() {}

    /** DJL reports its use to a server, and looks for files to download, unless it is told not to. */
    static void configure() {
        setIfAbsent("ai.djl.offline", "true");
        setIfAbsent("OPT_OUT_TRACKING", "true");
    }

    private static void setIfAbsent(String key, String value) {
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }
}
