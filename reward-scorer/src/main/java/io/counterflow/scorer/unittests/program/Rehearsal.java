package io.counterflow.scorer.unittests.program;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import io.counterflow.scorer.unittests.wire.Peer;
import java.io.EOFException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Uses what most programs will use, so that its classes are in the archive that the JVMs start from. */
final class Rehearsal {

    private Rehearsal() {}

    static void run() throws Exception {
        Peer[] ends = new Peer[2];
        for (int i = 0; i < 2; i++) {
            int other = 1 - i;
            ProgramObjects objects = new ProgramObjects();
            ends[i] = new Peer(objects, new Members(objects), message -> ends[other].received(message), i, 1 << 20);
            objects.talkTo(ends[i]);
        }
        Member member =
                new Member(Operation.STATIC, "java.util.Objects", "toString", "(Ljava/lang/Object;)Ljava/lang/String;");
        Map<String, Object> map = new HashMap<>(new TreeMap<>(Map.of("a", 1, "b", 2L)));
        List<Object> values = new ArrayList<>(Arrays.asList(
                1,
                2.5,
                "x",
                'c',
                true,
                new int[] {1},
                new String[] {"s"},
                new long[1],
                new double[1],
                List.of(1),
                map,
                new LinkedHashSet<>(List.of(3)),
                Optional.of(4),
                new StringBuilder("b")));
        try {
            ends[0].call(member, null, values);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        String text = values.stream().map(String::valueOf).collect(Collectors.joining(", "))
                + String.format("%d %.2f %s", 1, 2.5, "x")
                + Arrays.toString("a b".split(" "));
        System.out.print(text.isEmpty() ? text : "");
        serve();
    }

    /** What each start does, with nobody at the other end but us. */
    private static void serve() throws Exception {
        PrintStream out = System.out;
        PrintStream err = System.err;
        Path folder = Files.createTempDirectory("rehearsal");
        Path socket = folder.resolve("socket");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            SocketChannel program = SocketChannel.open(StandardProtocolFamily.UNIX);
            program.connect(UnixDomainSocketAddress.of(socket));
            try (SocketChannel parent = server.accept()) {
                // No classes: a length, the kind, and their number.
                parent.write(ByteBuffer.allocate(9)
                        .putInt(5)
                        .put(ProgramMain.LOAD)
                        .putInt(0)
                        .flip());
                parent.shutdownOutput();
                ProgramMain.serve(program, "");
            }
        } catch (EOFException e) {
            // The end that was asked for.
        } finally {
            System.setOut(out);
            System.setErr(err);
            Files.deleteIfExists(socket);
            Files.deleteIfExists(folder);
        }
    }
}
