package io.counterflow.scorer.unittests.program;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import io.counterflow.scorer.unittests.wire.Peer;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
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
        SocketChannel.open(StandardProtocolFamily.UNIX).close();
        new ProgramLoader(Map.of());
    }
}
