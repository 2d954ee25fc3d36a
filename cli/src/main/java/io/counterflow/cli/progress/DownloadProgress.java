package io.counterflow.cli.progress;

import io.counterflow.model.source.DownloadListener;
import java.io.PrintStream;
import java.util.Objects;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows a download: a bar a file on a terminal, a line a file elsewhere. For one thread. */
public final class DownloadProgress implements DownloadListener, AutoCloseable {

    private final PrintStream out;
    private final boolean terminal;
    private String file = "";
    private ProgressBar bar;

    /**
     * Shows nothing yet.
     *
     * @param terminal whether a line can be drawn over
     */
    public DownloadProgress(PrintStream out, boolean terminal) {
        this.out = Objects.requireNonNull(out, "out");
        this.terminal = terminal;
    }

    @Override
    public void progress(String name, long done, long total) {
        if (!name.equals(file)) {
            close();
            file = name;
            if (terminal && total > 0) {
                bar = new ProgressBarBuilder()
                        .setTaskName(name)
                        .setInitialMax(total)
                        .setUnit(" MB", 1_000_000)
                        .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                        .showSpeed()
                        .build();
            } else {
                out.println(total > 0 ? "fetching %s, %d bytes".formatted(name, total) : "fetching " + name);
            }
        }
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
