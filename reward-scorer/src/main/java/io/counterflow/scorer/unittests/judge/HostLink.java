package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.ValueWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.function.Consumer;

/** The way to the parent. Thread-safe. */
final class HostLink {

    private static final int MAX_TEXT = 2000;

    private final SocketChannel channel;

    HostLink(SocketChannel channel) {
        this.channel = channel;
    }

    void send(byte kind, Consumer<ValueWriter> body) {
        ValueWriter out = new ValueWriter(null, List.of());
        body.accept(out);
        send(kind, out.toBytes());
    }

    void send(byte kind, String text) {
        send(kind, out -> out.writeText(cut(text)));
    }

    synchronized void send(byte kind, byte[] body) {
        ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES + 1 + body.length);
        buffer.putInt(1 + body.length).put(kind).put(body).flip();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the parent is gone", e);
        }
    }

    static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + " ...";
    }
}
