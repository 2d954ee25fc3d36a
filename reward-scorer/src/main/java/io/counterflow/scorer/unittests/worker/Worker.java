package io.counterflow.scorer.unittests.worker;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Main class of the sandboxed JVM. Arguments: path of the parent's socket, token to say hello with. */
public final class Worker {

    // Deeper than the default, for source that is deeply nested; not so deep that javac takes long to give up on worse.
    private static final long STACK_BYTES = 4L << 20;

    private Worker() {}

    /** Connects, warms up, and works until the parent hangs up. */
    public static void main(String[] arguments) throws Exception {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(arguments[0]));
        String token = arguments[1];
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        serve(channel, token);
                    } catch (Throwable e) {
                        e.printStackTrace();
                    } finally {
                        // Threads that a program left behind must not keep the process alive.
                        Runtime.getRuntime().halt(1);
                    }
                },
                "worker",
                STACK_BYTES);
        thread.start();
    }

    private static void serve(SocketChannel channel, String token) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(input(channel)));
        BatchCompiler compiler = new BatchCompiler();
        TestRunner runner = new TestRunner();
        warmUp(compiler, runner);
        new Reporter(output(channel), 0).hello(token);
        for (; ; ) {
            in.readInt();
            Reporter reporter = new Reporter(output(channel), in.readLong());
            List<Source> sources = new ArrayList<>();
            for (int n = in.readInt(); n > 0; n--) {
                sources.add(new Source(in.readInt(), Protocol.readText(in)));
            }
            reporter.batchEnded(run(compiler, runner, sources, reporter));
        }
    }

    /** Returns why this process should be replaced, or nothing. */
    private static String run(BatchCompiler compiler, TestRunner runner, List<Source> sources, Reporter reporter)
            throws IOException {
        BatchCompiler.Result compiled = compiler.compile(sources);
        for (Map.Entry<Integer, String> failure : compiled.messages().entrySet()) {
            reporter.notCompiled(failure.getKey(), failure.getValue());
        }
        for (Map.Entry<Integer, String> failure : compiled.broken().entrySet()) {
            reporter.broken(failure.getKey(), failure.getValue());
        }
        String reason = runner.run(compiled.programs(), reporter);
        return !reason.isEmpty() || runner.memoryLeft() ? reason : "little memory left";
    }

    private static void warmUp(BatchCompiler compiler, TestRunner runner) throws IOException {
        String source = """
                import java.util.*;
                class Warm { static int f(List<Integer> x) { int s = 0; for (int i : x) { s += i; } return s; } }
                class Tests { static void test() { if (Warm.f(Arrays.asList(1, 2)) != 3) throw new AssertionError("" + 3); } }
                """;
        run(compiler, runner, List.of(new Source(0, source)), new Reporter(OutputStream.nullOutputStream(), 0));
    }

    // The channel's own streams would share one lock: a report could not be written while the next batch is awaited.
    private static InputStream input(SocketChannel channel) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return channel.read(ByteBuffer.wrap(bytes, offset, length));
            }
        };
    }

    private static OutputStream output(SocketChannel channel) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
        };
    }
}
