package io.counterflow.trainer.batch;

import io.counterflow.log.OffsetRange;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of one partition.
 *
 * @param partition number of the partition
 * @param from first offset
 * @param until first offset that is not part of it any more; {@link Long#MAX_VALUE} where it is open
 */
public record SourceRange(int partition, long from, long until) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9}):(\\d{1,18})-(\\d{1,18})?");

    public SourceRange {
        if (partition < 0 || from < 0 || until < from) {
            throw new IllegalArgumentException("range " + partition + ":" + from + "-" + until + " runs backwards");
        }
    }

    /** Reads {@code partition:from-until} or {@code partition:from-}. */
    public static SourceRange parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "range '" + text + "' is not of the form partition:from-until, e.g. 0:0-1500");
        }
        return new SourceRange(
                Integer.parseInt(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                matcher.group(3) == null ? Long.MAX_VALUE : Long.parseLong(matcher.group(3)));
    }

    /** As a fixed part of the log; only where it has an end. */
    public OffsetRange closed() {
        return new OffsetRange(partition, from, until);
    }

    public boolean open() {
        return until == Long.MAX_VALUE;
    }

    @Override
    public String toString() {
        return partition + ":" + from + "-" + (open() ? "" : until);
    }
}
