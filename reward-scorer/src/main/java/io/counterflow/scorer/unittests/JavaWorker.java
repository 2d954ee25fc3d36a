package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Limits;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxedCommand;
import io.counterflow.scorer.unittests.worker.Protocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A sandboxed JVM with a warm compiler, seen from here. One thread at a time, but for {@link #close}. */
final class JavaWorker implements AutoCloseable {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Process process;
    private final ProcessOutput output;
    private SocketChannel channel;
    private Selector selector;
    private ByteBuffer received = ByteBuffer.allocate(64 << 10).limit(0);

    private JavaWorker(Process process) {
        this.process = process;
        this.output = new ProcessOutput(process, "java-worker-output");
    }

    /**
     * Starts a worker and waits until it is warm.
     *
     * @param folder a new folder for this worker alone
     * @param classes folder with the worker's classes
     * @throws IOException when it does not come up within {@code limit}, with what it said
     */
    static JavaWorker start(Sandbox sandbox, Path folder, Path classes, int heapMegabytes, Duration limit)
            throws IOException {
        MeetingPlace place = MeetingPlace.in(folder);
        try (ServerSocketChannel server = place.open()) {
            JavaWorker worker = new JavaWorker(sandbox.start(command(classes, place, heapMegabytes), place.root()));
            try {
                worker.accept(server, place.token(), System.nanoTime() + limit.toNanos());
            } catch (IOException | RuntimeException e) {
                worker.close();
                throw e;
            }
            return worker;
        } finally {
            place.close();
        }
    }

    private static SandboxedCommand command(Path classes, MeetingPlace place, int heapMegabytes) {
        Path home = Path.of(System.getProperty("java.home"));
        List<String> line = List.of(
                home.resolve("bin/java").toString(),
                "-Xmx" + heapMegabytes + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:MaxMetaspaceSize=160m",
                "-XX:CompressedClassSpaceSize=64m",
                "-XX:ReservedCodeCacheSize=64m",
                "-XX:MaxDirectMemorySize=16m",
                "-XX:-UsePerfData",
                "-XX:+DisableAttachMechanism",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null",
                // No Unsafe, no heap dumps, no debugger: the ways round the language's own walls.
                "--limit-modules=java.se,jdk.compiler,jdk.zipfs",
                "-Djava.security.manager=disallow",
                // Programs read and write UTF-8 wherever they do not say, whatever the locale of this machine.
                "-Dfile.encoding=UTF-8",
                "-Dstdin.encoding=UTF-8",
                "-Dstdout.encoding=UTF-8",
                "-Dstderr.encoding=UTF-8",
                "-Dsun.stdout.encoding=UTF-8",
                "-Dsun.stderr.encoding=UTF-8",
                "-Djava.io.tmpdir=/tmp",
                "-cp",
                classes.toString(),
                "io.counterflow.scorer.unittests.worker.Worker",
                place.socket().toString(),
                place.token());
        long data = ((long) heapMegabytes + 640) << 20;
        Limits limits = new Limits(24 * 3600, data, data + (4L << 30), 96, 16 << 20, 256, 32 << 20);
        // Without /proc the loader does not know where the program is, and so not where its libraries are.
        Map<String, String> environment =
                Map.of("LD_LIBRARY_PATH", home.resolve("lib").toString(), "HOME", "/tmp");
        return new SandboxedCommand(line, environment, JavaHome.visible(home, classes, place.shared()), false, limits);
    }

    private void accept(ServerSocketChannel server, String token, long deadline) throws IOException {
        server.configureBlocking(false);
        try (Selector accepting = Selector.open()) {
            server.register(accepting, SelectionKey.OP_ACCEPT);
            while ((channel = server.accept()) == null) {
                if (!process.isAlive()) {
                    throw new IOException("the Java worker ended at its start: " + lastWords());
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException("the Java worker did not start in time; it said: " + lastWords());
                }
                accepting.select(50);
            }
        }
        channel.configureBlocking(false);
        selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
        Frame hello = read(deadline);
        if (hello.kind() != Frame.Kind.MESSAGE
                || hello.body().get() != Protocol.HELLO
                || !Frame.text(hello.body()).equals(token)) {
            throw new IOException("the Java worker did not say hello in time; it said: " + lastWords());
        }
    }

    /** Sends a batch and returns the nonce that its answers must carry. */
    long send(List<TestedProgram> batch) throws IOException {
        long nonce = RANDOM.nextLong();
        List<byte[]> sources = batch.stream()
                .map(p -> p.joined().getBytes(StandardCharsets.UTF_8))
                .toList();
        int length = Long.BYTES + Integer.BYTES;
        for (byte[] source : sources) {
            length += 2 * Integer.BYTES + source.length;
        }
        ByteBuffer message = ByteBuffer.allocate(Integer.BYTES + length);
        message.putInt(length).putLong(nonce).putInt(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            message.putInt(batch.get(i).testsOffset())
                    .putInt(sources.get(i).length)
                    .put(sources.get(i));
        }
        message.flip();
        selector.keys().iterator().next().interestOps(SelectionKey.OP_WRITE);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        try {
            while (message.hasRemaining()) {
                channel.write(message);
                if (message.hasRemaining()) {
                    select(deadline);
                    if (System.nanoTime() > deadline) {
                        throw new IOException("the Java worker does not take its input");
                    }
                }
            }
        } finally {
            selector.keys().iterator().next().interestOps(SelectionKey.OP_READ);
        }
        return nonce;
    }

    /** The next frame; its body begins with its kind. */
    Frame read(long deadline) throws IOException {
        for (; ; ) {
            if (received.remaining() >= Integer.BYTES) {
                int length = received.getInt(received.position());
                if (length < Long.BYTES + 1 || length > Protocol.MAX_FRAME) {
                    throw new IOException("the Java worker sent a frame of " + length + " bytes");
                }
                if (received.remaining() >= Integer.BYTES + length) {
                    received.getInt();
                    long nonce = received.getLong();
                    byte[] body = new byte[length - Long.BYTES];
                    received.get(body);
                    return new Frame(Frame.Kind.MESSAGE, nonce, ByteBuffer.wrap(body));
                }
            }
            int room = received.remaining() >= Integer.BYTES
                    ? received.getInt(received.position()) + Integer.BYTES
                    : 64 << 10;
            ByteBuffer larger = received.capacity() < room ? ByteBuffer.allocate(room) : null;
            if (larger == null) {
                received.compact();
            } else {
                received = larger.put(received);
            }
            int count;
            try {
                while ((count = channel.read(received)) == 0) {
                    if (System.nanoTime() > deadline) {
                        received.flip();
                        return Frame.LATE;
                    }
                    select(deadline);
                }
            } catch (java.net.SocketException e) {
                count = -1;
            }
            received.flip();
            if (count < 0) {
                return Frame.END;
            }
        }
    }

    private void select(long deadline) throws IOException {
        long milliseconds = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()) + 1;
        selector.select(Math.max(1, Math.min(milliseconds, 1000)));
        selector.selectedKeys().clear();
        if (Thread.currentThread().isInterrupted()) {
            throw new java.io.InterruptedIOException("interrupted while a Java worker runs");
        }
    }

    /** What the process wrote, for error messages. */
    String lastWords() {
        return output.lastWords();
    }

    @Override
    public void close() {
        Sandbox.kill(process);
        try {
            if (channel != null) {
                channel.close();
            }
            if (selector != null) {
                selector.close();
            }
        } catch (IOException e) {
            // Only descriptors of this process; there is nothing to save.
        }
    }
}
