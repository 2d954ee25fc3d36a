package io.counterflow.scorer.unittests.program;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import io.counterflow.scorer.unittests.wire.Peer;
import java.io.IOException;
import java.io.InputStream;

/** Standard input as the tests have it, asked for when the program reads it. */
final class ForwardedInput extends InputStream {

    private static final Member READ = new Member(Operation.READ, "", "", "");

    private final Peer peer;
    private byte[] buffer = new byte[0];
    private int position;

    ForwardedInput(Peer peer) {
        this.peer = peer;
    }

    @Override
    public synchronized int read() throws IOException {
        return fill() ? buffer[position++] & 0xff : -1;
    }

    @Override
    public synchronized int read(byte[] bytes, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int part = Math.min(count, buffer.length - position);
        System.arraycopy(buffer, position, bytes, offset, part);
        position += part;
        return part;
    }

    @Override
    public synchronized int available() {
        return buffer.length - position;
    }

    /** Asks again after an end: the tests may have set another input since. */
    private boolean fill() throws IOException {
        if (position < buffer.length) {
            return true;
        }
        try {
            Object read = peer.call(READ, null, 8192);
            buffer = read instanceof byte[] bytes ? bytes : new byte[0];
            position = 0;
            return buffer.length > 0;
        } catch (Throwable e) {
            throw new IOException(e);
        }
    }
}
