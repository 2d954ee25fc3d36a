package io.counterflow.scorer.unittests;

import io.counterflow.scorer.unittests.wire.ValueWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;

/** Messages of {@code int length, byte kind, ...} to and from a sandboxed JVM, never waiting for it. One thread. */
final class JvmLink implements AutoCloseable {

    private static final int MAX_MESSAGE = ValueWriter.MAX_BYTES + (1 << 20);
    /** As much as may wait to be sent before its source should be left alone. */
    private static final long FULL = 2L * MAX_MESSAGE;

    private final SocketChannel channel;
    private final Deque<ByteBuffer> toSend = new ArrayDeque<>();
    private long waiting;
    private ByteBuffer received = ByteBuffer.allocate(16 << 10).limit(0);
    private boolean ended;

    JvmLink(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
    }

    /** Whether the other end is gone. What it said before can still be read. */
    boolean ended() {
        return ended;
    }

    boolean full() {
        return waiting > FULL;
    }

    /** Has {@code selector} wake when something can be done; reading is left alone where {@code pause}. */
    void register(Selector selector, boolean pause) throws IOException {
        if (ended) {
            SelectionKey key = channel.keyFor(selector);
            if (key != null) {
                key.cancel();
            }
            return;
        }
        int interest = (pause ? 0 : SelectionKey.OP_READ) | (toSend.isEmpty() ? 0 : SelectionKey.OP_WRITE);
        channel.register(selector, interest);
    }

    void send(byte kind, byte[]... parts) {
        int length = 1;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer message =
                ByteBuffer.allocate(Integer.BYTES + length).putInt(length).put(kind);
        for (byte[] part : parts) {
            message.put(part);
        }
        toSend.add(message.flip());
        waiting += message.remaining();
        write();
    }

    /** Sends what can be sent now. */
    void write() {
        try {
            while (!ended && !toSend.isEmpty()) {
                ByteBuffer next = toSend.peek();
                waiting -= channel.write(next);
                if (next.hasRemaining()) {
                    return;
                }
                toSend.remove();
            }
        } catch (IOException e) {
            // Its end shows when it is read.
            toSend.clear();
            waiting = 0;
        }
    }

    /** The next message, null when there is none yet. */
    ByteBuffer read() throws IOException {
        ByteBuffer message = next();
        if (message != null || ended) {
            return message;
        }
        int room =
                received.remaining() >= Integer.BYTES ? received.getInt(received.position()) + Integer.BYTES : 16 << 10;
        if (received.capacity() < room) {
            received = ByteBuffer.allocate(room).put(received);
        } else {
            received.compact();
        }
        try {
            int count = channel.read(received);
            ended = count < 0;
        } catch (IOException e) {
            ended = true;
        }
        received.flip();
        return next();
    }

    private ByteBuffer next() throws IOException {
        if (received.remaining() < Integer.BYTES) {
            return null;
        }
        int length = received.getInt(received.position());
        if (length < 1 || length > MAX_MESSAGE) {
            ended = true;
            received.limit(received.position());
            throw new IOException("a message of " + length + " bytes");
        }
        if (received.remaining() < Integer.BYTES + length) {
            return null;
        }
        received.getInt();
        byte[] body = new byte[length];
        received.get(body);
        if (!received.hasRemaining() && received.capacity() > 1 << 20) {
            received = ByteBuffer.allocate(16 << 10).limit(0);
        }
        return ByteBuffer.wrap(body);
    }

    @Override
    public void close() {
        ended = true;
        try {
            channel.close();
        } catch (IOException e) {
            // Only a descriptor of this process; there is nothing to save.
        }
    }
}
