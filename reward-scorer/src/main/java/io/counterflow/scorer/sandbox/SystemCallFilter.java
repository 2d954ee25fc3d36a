package io.counterflow.scorer.sandbox;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A seccomp filter in classic BPF, as the kernel and {@code bwrap --seccomp} read it: an allowed program of {@code struct
 * sock_filter} in the machine's byte order. It refuses what no program under test needs and what kernels are attacked by: new
 * namespaces, mounts, keys, BPF, tracing, io_uring, memory that no limit counts (memfd, System V segments), and sockets of other
 * families than UNIX and IP.
 *
 * <p>Numbers: {@code arch/x86/entry/syscalls/syscall_64.tbl} and {@code include/uapi/asm-generic/unistd.h} of Linux.
 */
final class SystemCallFilter {

    private static final int LOAD = 0x20;
    private static final int IF_EQUAL = 0x15;
    private static final int IF_AT_LEAST = 0x35;
    private static final int IF_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;

    private static final int ALLOW = 0x7fff0000;
    private static final int KILL_PROCESS = 0x80000000;
    private static final int FAIL = 0x00050000;
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final int EAFNOSUPPORT = 97;

    /** Offsets in {@code struct seccomp_data}. */
    private static final int NUMBER = 0;

    private static final int ARCHITECTURE = 4;
    private static final int FIRST_ARGUMENT = 16;

    private static final int NEW_NAMESPACES = 0x7E020000;
    private static final int CLONE3 = 435;

    /** What one architecture calls these calls. */
    private record Architecture(int audit, int cloneCall, int socketCall, int[] refused) {}

    private static final Architecture X86_64 = new Architecture(0xC000003E, 56, 41, new int[] {
        29, 30, 31, 64, 67, 68, 101, 134, 135, 153, 154, 155, 159, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171,
        172, 173, 175, 176, 179, 212, 227, 240, 246, 248, 249, 250, 272, 298, 300, 303, 304, 305, 308, 310, 311, 312,
        313, 319, 320, 321, 323, 425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 447
    });

    private static final Architecture AARCH64 = new Architecture(0xC00000B7, 220, 198, new int[] {
        39, 40, 41, 51, 60, 89, 92, 97, 104, 105, 106, 112, 117, 142, 161, 162, 170, 171, 180, 186, 190, 194, 195, 196,
        197, 217, 218, 219, 224, 225, 241, 262, 264, 265, 266, 268, 270, 271, 272, 273, 279, 280, 282, 294, 425, 426,
        427, 428, 429, 430, 431, 432, 433, 438, 442, 447
    });

    private SystemCallFilter() {}

    /** The filter for an architecture as {@code os.arch} names it, or nothing where none is known. */
    static Optional<byte[]> of(String architecture) {
        return switch (architecture) {
            case "amd64", "x86_64" -> Optional.of(program(X86_64));
            case "aarch64" -> Optional.of(program(AARCH64));
            default -> Optional.empty();
        };
    }

    /** The number of the call that puts a filter on a process, or nothing where no filter is known. */
    static Optional<Integer> prctl(String architecture) {
        return switch (architecture) {
            case "amd64", "x86_64" -> Optional.of(157);
            case "aarch64" -> Optional.of(167);
            default -> Optional.empty();
        };
    }

    private static byte[] program(Architecture here) {
        List<long[]> lines = new ArrayList<>();
        add(lines, LOAD, 0, 0, ARCHITECTURE);
        add(lines, IF_EQUAL, 1, 0, here.audit());
        add(lines, RETURN, 0, 0, KILL_PROCESS);
        add(lines, LOAD, 0, 0, NUMBER);
        // The other numbering of x86-64 would get past all that follows.
        add(lines, IF_AT_LEAST, 0, 1, 0x40000000);
        add(lines, RETURN, 0, 0, KILL_PROCESS);
        // A filter cannot look into its arguments; without it, libraries use clone.
        add(lines, IF_EQUAL, 0, 1, CLONE3);
        add(lines, RETURN, 0, 0, FAIL | ENOSYS);
        add(lines, IF_EQUAL, 0, 4, here.cloneCall());
        add(lines, LOAD, 0, 0, FIRST_ARGUMENT);
        add(lines, IF_ANY_BIT, 0, 1, NEW_NAMESPACES);
        add(lines, RETURN, 0, 0, FAIL | EPERM);
        add(lines, RETURN, 0, 0, ALLOW);
        add(lines, IF_EQUAL, 0, 6, here.socketCall());
        add(lines, LOAD, 0, 0, FIRST_ARGUMENT);
        add(lines, IF_EQUAL, 3, 0, 1);
        add(lines, IF_EQUAL, 2, 0, 2);
        add(lines, IF_EQUAL, 1, 0, 10);
        add(lines, RETURN, 0, 0, FAIL | EAFNOSUPPORT);
        add(lines, RETURN, 0, 0, ALLOW);
        for (int number : here.refused()) {
            add(lines, IF_EQUAL, 0, 1, number);
            add(lines, RETURN, 0, 0, FAIL | EPERM);
        }
        add(lines, RETURN, 0, 0, ALLOW);
        ByteBuffer program = ByteBuffer.allocate(8 * lines.size()).order(ByteOrder.nativeOrder());
        for (long[] line : lines) {
            program.putShort((short) line[0])
                    .put((byte) line[1])
                    .put((byte) line[2])
                    .putInt((int) line[3]);
        }
        return program.array();
    }

    private static void add(List<long[]> lines, int code, int ifTrue, int ifFalse, int value) {
        lines.add(new long[] {code, ifTrue, ifFalse, value});
    }
}
