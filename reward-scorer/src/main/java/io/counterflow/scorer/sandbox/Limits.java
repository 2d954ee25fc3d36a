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
 */
public record Limits(
        long cpuSeconds,
        long dataBytes,
        long addressSpaceBytes,
        int processes,
        long fileBytes,
        int openFiles,
        long scratchBytes) {

    /** Checks that each limit is positive. */
    public Limits {
        if (cpuSeconds < 1
                || dataBytes < 1
                || addressSpaceBytes < 1
                || processes < 1
                || fileBytes < 1
                || openFiles < 1
                || scratchBytes < 1) {
            throw new IllegalArgumentException("every limit must be at least 1");
        }
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
