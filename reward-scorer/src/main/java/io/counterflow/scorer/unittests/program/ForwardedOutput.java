package io.counterflow.scorer.unittests.program;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** What the program writes, sent in pieces: when there is enough of it, and before anything else is said. */
final class ForwardedOutput extends OutputStream {

    interface Send {
        void send(byte[] bytes) throws IOException;
    }

    private final Send send;
    private final byte[] buffer = new byte[8192];
    private int length;

    ForwardedOutput(Send send) {
        this.send = send;
    }

    @Override
    public synchronized void write(int b) throws IOException {
        if (length == buffer.length) {
            flush();
        }
        buffer[length++] = (byte) b;
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int count) throws IOException {
        for (int at = 0; at < count; ) {
            if (length == buffer.length) {
                flush();
            }
            int part = Math.min(count - at, buffer.length - length);
            System.arraycopy(bytes, offset + at, buffer, length, part);
            length += part;
            at += part;
        }
    }

    @Override
    public synchronized void flush() throws IOException {
        if (length > 0) {
            byte[] bytes = Arrays.copyOf(buffer, length);
            length = 0;
            send.send(bytes);
        }
    }
}
