package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.ValueReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Main class of the tests' JVM. Arguments: path of the parent's socket, token to say hello with. See {@link Messages}. */
public final class JudgeMain {

    // Deeper than the default, for source that is deeply nested; not so deep that javac takes long to give up on worse.
    private static final long STACK_BYTES = 4L << 20;

    private JudgeMain() {}

    /** Connects, warms up, and works until the parent hangs up. */
    public static void main(String[] arguments) throws Exception {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(arguments[0]));
        HostLink host = new HostLink(channel);
        Judge judge = new Judge(host);
        BlockingQueue<byte[]> tasks = new LinkedBlockingQueue<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        judge.warmUp();
                        host.send(Messages.HELLO, arguments[1].getBytes(StandardCharsets.UTF_8));
                        for (; ; ) {
                            judge.run(body(tasks.take()));
                        }
                    } catch (Throwable e) {
                        e.printStackTrace();
                    } finally {
                        Runtime.getRuntime().halt(1);
                    }
                },
                "judge",
                STACK_BYTES);
        thread.start();
        read(channel, judge, tasks);
    }

    private static void read(SocketChannel channel, Judge judge, BlockingQueue<byte[]> tasks) {
        try (DataInputStream in = new DataInputStream(Channels.newInputStream(channel))) {
            for (; ; ) {
                byte[] message = new byte[in.readInt()];
                in.readFully(message);
                switch (message[0]) {
                    case Messages.TASK -> tasks.add(message);
                    case Messages.TALK ->
                        judge.trial().received(java.util.Arrays.copyOfRange(message, 1, message.length));
                    case Messages.OUTPUT ->
                        judge.trial().wrote(message[1] == 1, java.util.Arrays.copyOfRange(message, 2, message.length));
                    case Messages.ENDED -> judge.trial().ended(body(message).readText());
                    case Messages.START -> judge.trial().start();
                    default -> throw new IOException("a message of kind " + message[0]);
                }
            }
        } catch (IOException e) {
            // The parent hung up.
        } catch (Throwable e) {
            e.printStackTrace();
        } finally {
            Runtime.getRuntime().halt(1);
        }
    }

    private static ValueReader body(byte[] message) {
        return new ValueReader(null, ByteBuffer.wrap(message, 1, message.length - 1), List.of());
    }
}
