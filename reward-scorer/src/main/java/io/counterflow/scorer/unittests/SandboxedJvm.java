package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxedCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** A JVM in a sandbox that connected to us and said hello. One thread at a time, but for {@link #close}. */
final class SandboxedJvm implements AutoCloseable {

    /** Makes the command that connects to {@code socket} and says {@code token}. */
    interface Command {
        SandboxedCommand of(Path shared, Path socket, String token);
    }

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int OUTPUT_KEPT = 4000;

    private final Process process;
    private final Path folder;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread drain;
    private JvmLink link;

    private SandboxedJvm(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        this.drain = new Thread(this::drain, "sandboxed-jvm-output");
        drain.setDaemon(true);
        drain.start();
    }

    /**
     * Starts one and waits for its hello.
     *
     * @param folder a new folder for it alone
     * @throws IOException when it does not come up within {@code limit}, with what it said
     */
    static SandboxedJvm start(Sandbox sandbox, Path folder, Duration limit, Command command) throws IOException {
        Path root = Files.createDirectories(folder.resolve("root"));
        Path shared = Files.createDirectories(folder.resolve("shared"));
        Path socket = shared.resolve("socket");
        String token = new BigInteger(128, RANDOM).toString(36);
        // The sandbox may run as another user; nobody else can look into our folder to find these.
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
            SandboxedJvm jvm = new SandboxedJvm(sandbox.start(command.of(shared, socket, token), root), folder);
            try {
                jvm.accept(server, token, System.nanoTime() + limit.toNanos());
            } catch (IOException | RuntimeException e) {
                jvm.close();
                throw e;
            }
            return jvm;
        } finally {
            Files.deleteIfExists(socket);
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

    /** The end of what the process wrote, for error messages. */
    String lastWords() {
        try {
            drain.join(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (output) {
            String text = output.toString(StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "(nothing)" : text.replaceAll("\\s*\\R\\s*", " | ");
        }
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

    private void drain() {
        byte[] buffer = new byte[8192];
        try (InputStream in = process.getInputStream()) {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                synchronized (output) {
                    output.write(buffer, 0, Math.min(n, OUTPUT_KEPT - output.size()));
                }
            }
        } catch (IOException e) {
            // The process was killed while writing.
        }
    }
}
