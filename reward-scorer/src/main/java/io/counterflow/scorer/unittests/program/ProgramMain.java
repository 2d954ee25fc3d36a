package io.counterflow.scorer.unittests.program;

import io.counterflow.scorer.unittests.wire.Peer;
import io.counterflow.scorer.unittests.wire.Sink;
import io.counterflow.scorer.unittests.wire.ValueReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Main class of a program's JVM. Arguments: path of the parent's socket, token to say hello with. Says hello, then takes messages of
 * {@code int length, byte kind, ...}: {@link #LOAD} with the program's classes, {@link #TALK} with a message for {@link Peer}. Sends
 * {@link #TALK}, and {@link #OUTPUT} with a byte (0: standard output, 1: standard error) and what the program wrote.
 */
public final class ProgramMain {

    /** The program's classes: {@code int n, n * (text name, bytes code)}; new ones take the place of those before. */
    public static final byte LOAD = 1;
    /** A message of the conversation. */
    public static final byte TALK = 2;
    /** What the program wrote. */
    public static final byte OUTPUT = 3;
    /** The token. */
    public static final byte HELLO = 4;

    private static final long STACK_BYTES = 16L << 20;

    private ProgramMain() {}

    /** Serves until the parent hangs up. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            Rehearsal.run();
            return;
        }
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(arguments[0]));
        try {
            serve(channel, arguments[1]);
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }

    /** Serves until the parent hangs up, which is the exception. */
    static void serve(SocketChannel channel, String token) throws IOException {
        ProgramObjects objects = new ProgramObjects();
        ForwardedOutput[] outputs = new ForwardedOutput[2];
        Sink talk = message -> {
            for (ForwardedOutput output : outputs) {
                output.flush();
            }
            send(channel, TALK, message);
        };
        Peer peer = new Peer(objects, new Members(objects), talk, 1, STACK_BYTES);
        objects.talkTo(peer);
        for (int i = 0; i < 2; i++) {
            byte number = (byte) i;
            outputs[i] = new ForwardedOutput(bytes -> {
                byte[] message = new byte[bytes.length + 1];
                message[0] = number;
                System.arraycopy(bytes, 0, message, 1, bytes.length);
                send(channel, OUTPUT, message);
            });
        }
        System.setOut(new PrintStream(outputs[0], false, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(outputs[1], false, StandardCharsets.UTF_8));
        System.setIn(new ForwardedInput(peer));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            System.out.flush();
            System.err.flush();
        }));
        send(channel, HELLO, token.getBytes(StandardCharsets.UTF_8));
        DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
        for (; ; ) {
            byte[] message = new byte[in.readInt()];
            in.readFully(message);
            ByteBuffer body = ByteBuffer.wrap(message, 1, message.length - 1);
            if (message[0] == LOAD) {
                objects.load(new ProgramLoader(classes(body)));
            } else {
                byte[] talked = new byte[body.remaining()];
                body.get(talked);
                peer.received(talked);
            }
        }
    }

    private static Map<String, byte[]> classes(ByteBuffer body) {
        ValueReader in = new ValueReader(null, body, List.of());
        Map<String, byte[]> classes = new HashMap<>();
        for (int n = in.readInt(); n > 0; n--) {
            classes.put(in.readText(), in.readBytes());
        }
        return classes;
    }

    private static synchronized void send(SocketChannel channel, byte kind, byte[] message) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES + 1 + message.length);
        buffer.putInt(1 + message.length).put(kind).put(message).flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
