package io.counterflow.scorer.unittests.worker;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** Tells the parent about one batch; see {@link Protocol}. Each frame is written at once, so that none is lost in a crash. */
final class Reporter {

    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private final OutputStream out;
    private final long nonce;

    Reporter(OutputStream out, long nonce) {
        this.out = out;
        this.nonce = nonce;
    }

    void hello(String token) throws IOException {
        send(Protocol.HELLO, body -> Protocol.writeText(body, token));
    }

    void notCompiled(int program, String messages) throws IOException {
        send(Protocol.NOT_COMPILED, body -> {
            body.writeInt(program);
            Protocol.writeText(body, messages);
        });
    }

    void broken(int program, String cause) throws IOException {
        send(Protocol.BROKEN, body -> {
            body.writeInt(program);
            Protocol.writeText(body, cause);
        });
    }

    void program(int program, List<String> tests) throws IOException {
        send(Protocol.PROGRAM, body -> {
            body.writeInt(program);
            body.writeInt(tests.size());
            for (String test : tests) {
                Protocol.writeText(body, test);
            }
        });
    }

    void testStarted(int program, int test) throws IOException {
        send(Protocol.TEST_STARTED, body -> {
            body.writeInt(program);
            body.writeInt(test);
        });
    }

    void testEnded(int program, int test, String failure, String stdout, String stderr, long nanoseconds)
            throws IOException {
        send(Protocol.TEST_ENDED, body -> {
            body.writeInt(program);
            body.writeInt(test);
            body.writeByte(failure == null ? 1 : 0);
            Protocol.writeText(body, failure == null ? "" : failure);
            Protocol.writeText(body, stdout);
            Protocol.writeText(body, stderr);
            body.writeLong(nanoseconds);
        });
    }

    void batchEnded(String reason) throws IOException {
        send(Protocol.BATCH_ENDED, body -> Protocol.writeText(body, reason));
    }

    private void send(byte kind, Body body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
        DataOutputStream data = new DataOutputStream(bytes);
        data.writeInt(0);
        data.writeLong(nonce);
        data.writeByte(kind);
        body.write(data);
        byte[] frame = bytes.toByteArray();
        ByteBuffer.wrap(frame).putInt(frame.length - Integer.BYTES);
        out.write(frame);
    }
}
