package io.counterflow.scorer.sandbox;

import java.util.ArrayList;
import java.util.List;

/**
 * What one sandboxed command may use.
 *
 * @param cpuSeconds processor time of each of its processes
 * @param dataBytes writable private memory of each of its processes
 * @param addressSpaceBytes address space of each of its processes, reservations included
 * @param processes processes and threads at a time, all together
 * @param fileBytes size of any one file
 * @param openFiles open files of each of its processes
 * @param scratchBytes size of the scratch folder {@code /tmp}
 * @param memoryBytes memory of all its processes together, scratch included, where control groups bound it
 */
public record Limits(
        long cpuSeconds,
        long dataBytes,
        long addressSpaceBytes,
        int processes,
        long fileBytes,
        int openFiles,
        long scratchBytes,
        long memoryBytes) {

    /** Checks that each limit is positive. */
    public Limits {
        if (cpuSeconds < 1
                || dataBytes < 1
                || addressSpaceBytes < 1
                || processes < 1
                || fileBytes < 1
                || openFiles < 1
                || scratchBytes < 1
                || memoryBytes < 1) {
            throw new IllegalArgumentException("every limit must be at least 1");
        }
    }

    /** Limits whose memory all together is that of one process and the scratch folder. */
    public Limits(
            long cpuSeconds,
            long dataBytes,
            long addressSpaceBytes,
            int processes,
            long fileBytes,
            int openFiles,
            long scratchBytes) {
        this(
                cpuSeconds,
                dataBytes,
                addressSpaceBytes,
                processes,
                fileBytes,
                openFiles,
                scratchBytes,
                dataBytes + scratchBytes + (64L << 20));
    }

    /** The limits as options of {@code prlimit(1)}. */
    List<String> prlimitOptions(boolean limitProcesses) {
        List<String> options = new ArrayList<>(List.of(
                "--cpu=" + cpuSeconds,
                "--data=" + dataBytes,
                "--as=" + addressSpaceBytes,
                "--fsize=" + fileBytes,
                "--nofile=" + openFiles,
                "--core=0"));
        if (limitProcesses) {
            options.add("--nproc=" + processes);
        }
        return options;
    }
}
