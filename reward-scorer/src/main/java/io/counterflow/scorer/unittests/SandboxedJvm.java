package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxedCommand;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** A JVM in a sandbox that connected to us and said hello. One thread at a time, but for {@link #close}. */
final class SandboxedJvm implements AutoCloseable {

    /** Makes the command that connects to the place's socket and says its token. */
    interface Command {
        SandboxedCommand of(MeetingPlace place);
    }

    private final Process process;
    private final Path folder;
    private final ProcessOutput output;
    private JvmLink link;

    private SandboxedJvm(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        this.output = new ProcessOutput(process, "sandboxed-jvm-output");
    }

    /**
     * Starts one and waits for its hello.
     *
     * @param folder a new folder for it alone
     * @throws IOException when it does not come up within {@code limit}, with what it said
     */
    static SandboxedJvm start(Sandbox sandbox, Path folder, Duration limit, Command command) throws IOException {
        MeetingPlace place = MeetingPlace.in(folder);
        try (ServerSocketChannel server = place.open()) {
            SandboxedJvm jvm = new SandboxedJvm(sandbox.start(command.of(place), place.root()), folder);
            try {
                jvm.accept(server, place.token(), System.nanoTime() + limit.toNanos());
            } catch (IOException | RuntimeException e) {
                jvm.close();
                throw e;
            }
            return jvm;
        } finally {
            place.close();
        }
    }

    private void accept(ServerSocketChannel server, String token, long deadline) throws IOException {
        server.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            server.register(selector, SelectionKey.OP_ACCEPT);
            SocketChannel channel;
            while ((channel = server.accept()) == null) {
                await(selector, deadline);
            }
            link = new JvmLink(channel);
            ByteBuffer hello;
            while ((hello = link.read()) == null) {
                if (link.ended()) {
                    throw new IOException("a sandboxed Java ended at its start: " + lastWords());
                }
                link.register(selector, false);
                await(selector, deadline);
            }
            String said = StandardCharsets.UTF_8.decode(hello.position(1)).toString();
            if (!said.equals(token)) {
                throw new IOException("a sandboxed Java did not say hello; it said: " + lastWords());
            }
        }
    }

    private void await(Selector selector, long deadline) throws IOException {
        if (!process.isAlive()) {
            throw new IOException("a sandboxed Java ended at its start: " + lastWords());
        }
        if (System.nanoTime() > deadline) {
            throw new IOException("a sandboxed Java did not start in time; it said: " + lastWords());
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new java.io.InterruptedIOException("interrupted while a sandboxed Java starts");
        }
        selector.select(50);
        selector.selectedKeys().clear();
    }

    JvmLink link() {
        return link;
    }

    /** How the process ended, if it ends within {@code limit}. */
    OptionalInt exitCode(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)
                ? OptionalInt.of(process.exitValue())
                : OptionalInt.empty();
    }

    /** What the process wrote, for error messages. */
    String lastWords() {
        return output.lastWords();
    }

    @Override
    public void close() {
        Sandbox.kill(process);
        if (link != null) {
            link.close();
        }
        for (Path each : new Path[] {folder.resolve("root"), folder.resolve("shared"), folder}) {
            try {
                Files.deleteIfExists(each);
            } catch (IOException e) {
                // The sandbox still holds it; it goes with the folder that it is in.
            }
        }
    }
}
