package io.counterflow.cli.progress;

import java.io.PrintStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Objects;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * The numbered stages of a long command. Each stage is one line when it is done; a stage of known length shows a bar meanwhile, or on an output that
 * is no terminal a line every ten seconds. Not thread-safe, but a {@link Bar} may be moved by any one thread.
 */
public final class Stages {

    private static final Duration LINE_EVERY = Duration.ofSeconds(10);

    private final PrintStream out;
    private final InstantSource clock;
    private final boolean terminal;
    private final int total;
    private int stage;

    /**
     * @param total how many stages there will be
     * @param terminal whether lines can be drawn over
     */
    public Stages(PrintStream out, InstantSource clock, int total, boolean terminal) {
        this.out = Objects.requireNonNull(out, "out");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.total = total;
        this.terminal = terminal;
    }

    /** A stage that is over when this returns. */
    public void done(String what) {
        out.println(prefix() + what);
        out.flush();
    }

    /** A remark that belongs to no stage. */
    public void note(String what) {
        out.println("      " + what);
        out.flush();
    }

    /** A stage that takes a while. */
    public Bar start(String what, long length) {
        return new Bar(prefix() + what, length);
    }

    /** Something that takes a while and is no stage, because not every run has it. */
    public Bar aside(String what, long length) {
        return new Bar("      " + what, length);
    }

    private String prefix() {
        stage++;
        return String.format(Locale.ROOT, "[%d/%d] ", stage, total);
    }

    /** A stage under way; {@link #close} leaves its line standing. */
    public final class Bar implements AutoCloseable {

        private final long length;
        private final long startedAt = clock.millis();
        private final ProgressBar bar;
        private long position;
        private String remark = "";
        private long lineAt = startedAt;

        private Bar(String what, long length) {
            this.length = length;
            this.bar = terminal
                    ? new ProgressBarBuilder()
                            .setTaskName(what)
                            .setInitialMax(length)
                            .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                            .setUpdateIntervalMillis(250)
                            .hideEta()
                            .build()
                    : null;
            if (bar == null) {
                out.println(what);
                out.flush();
            }
        }

        /** Moves the bar, and shows a remark beside it. */
        public synchronized void at(long position, String remark) {
            this.position = position;
            this.remark = remark;
            if (bar != null) {
                bar.stepTo(position);
                bar.setExtraMessage(" " + remark);
            } else if (clock.millis() - lineAt >= LINE_EVERY.toMillis()) {
                lineAt = clock.millis();
                line();
            }
        }

        @Override
        public synchronized void close() {
            if (bar != null) {
                bar.close();
            } else {
                line();
            }
        }

        private void line() {
            out.printf(
                    Locale.ROOT,
                    "      %s  %s  %d s%n",
                    length > 0 ? position + "/" + length : position,
                    remark,
                    (clock.millis() - startedAt) / 1000);
            out.flush();
        }
    }
}
