package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.sandbox.Sandbox;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs that do not want to be tested fairly. Each returns the right answer only if its trick works; none passes, and the
 * program after it does.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileJavaTest {

    private static final String TEMPLATE = """
            import java.io.*; import java.net.*; import java.nio.*; import java.nio.file.*; import java.util.*;
            class Program {
                static final int RIGHT = 42;
                static int answer() throws Exception {
                    if (RIGHT > 0) {
                        {completion}
                    }
                    return 0;
                }
            }
            """;
    private static final String TESTS = """
            class Tests {
                static void testAnswer() throws Exception {
                    int answer = Program.answer();
                    if (answer != 42) throw new AssertionError("the trick did not work: " + answer);
                }
            }
            """;

    @TempDir
    static Path host;

    private Sandbox sandbox;
    private UnitTestScorer scorer;
    private ServerSocket server;

    @BeforeAll
    void start() throws Exception {
        sandbox = Sandbox.detect(true);
        assumeTrue(sandbox.isolates(), "this machine offers no isolation to test");
        scorer = new UnitTestScorer(
                new UnitTestsConfig(null, null, null, Duration.ofSeconds(2), null, null, 96, null, true), sandbox);
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Files.writeString(host.resolve("secret"), "of the host");
    }

    @AfterAll
    void stop() throws Exception {
        if (scorer != null) {
            scorer.close();
            server.close();
        }
    }

    private Stream<Arguments> tricks() {
        return Stream.of(
                trick("leaves at once", "System.exit(0);"),
                trick("halts", "Runtime.getRuntime().halt(0);"),
                trick(
                        "hangs in a shutdown hook",
                        "Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) { } })); System.exit(0);"),
                trick("never ends", "while (true) { }"),
                trick(
                        "never stops writing",
                        "while (true) { System.out.println(\"passed\"); System.err.println(\"passed\"); }"),
                trick(
                        "never stops writing to the real output",
                        "FileOutputStream out = new FileOutputStream(FileDescriptor.out); while (true) { out.write(new byte[8192]); }"),
                trick(
                        "makes threads without end",
                        "try { while (true) { new Thread(() -> { try { Thread.sleep(1000000); } catch (Exception e) { } }).start(); } }"
                                + " catch (Throwable e) { }"),
                trick(
                        "makes processes",
                        "int n = 0; for (String p : List.of(\"/bin/sh\", \"/usr/bin/env\", \"/bin/true\")) { try {"
                                + " new ProcessBuilder(p).start(); n++; } catch (IOException e) { } } return n > 0 ? RIGHT : 0;"),
                trick(
                        "takes all memory",
                        "List<byte[]> all = new ArrayList<>(); while (true) { all.add(new byte[1 << 20]); }"),
                trick(
                        "takes all memory and goes on",
                        "List<byte[]> all = new ArrayList<>(); while (true) { try { while (true) { all.add(new byte[1 << 20]); } }"
                                + " catch (OutOfMemoryError e) { } }"),
                trick(
                        "takes memory outside the heap",
                        "List<ByteBuffer> all = new ArrayList<>(); while (true) { all.add(ByteBuffer.allocateDirect(1 << 20)); }"),
                trick(
                        "fills the disk",
                        "for (int i = 0; ; i++) { Files.write(Path.of(\"/tmp/\" + i), new byte[1 << 20]); if (i > 100) return RIGHT; }"),
                trick("reads the machine's files", tries("Files.readAllLines(Path.of(\"/etc/passwd\"))")),
                trick("reads the user's files", tries("Files.readString(Path.of(\"" + host.resolve("secret") + "\"))")),
                trick("looks at processes", tries("Files.readAllBytes(Path.of(\"/proc/self/maps\"))")),
                trick("opens its descriptors", tries("new FileOutputStream(\"/proc/self/fd/5\")")),
                trick("connects to the machine", tries("new Socket(\"127.0.0.1\", " + server.getLocalPort() + ")")),
                trick("connects to itself", tries("new Socket(\"127.0.0.1\", 1)")),
                trick("writes to the root", tries("Files.writeString(Path.of(\"/x\"), \"x\")")),
                trick("writes to the libraries", tries("Files.writeString(Path.of(\"/usr/lib/x\"), \"x\")")),
                trick(
                        "writes over the worker",
                        tries("Files.write(Path.of(System.getProperty(\"java.class.path\"),"
                                + " \"io/counterflow/scorer/unittests/worker/Worker.class\"), new byte[10])")),
                trick(
                        "writes to the user's folder",
                        tries("Files.writeString(Path.of(\"" + host.resolve("trace") + "\"), \"x\")")),
                trick(
                        "kills its parents",
                        "int[] n = {0}; ProcessHandle.current().parent().ifPresent(p -> { if (p.destroyForcibly()) n[0]++; });"
                                + " ProcessHandle.allProcesses().forEach(p -> { try { if (p.destroyForcibly()) n[0]++; }"
                                + " catch (RuntimeException e) { } }); return n[0] > 0 ? RIGHT : 0;"),
                trick(
                        "prints what the harness may look for",
                        "for (String s : List.of(\"PASS\", \"OK\", \"passed\", \"testAnswer passed\", \"\\u0004\\u0001\")) {"
                                + " System.out.println(s); new FileOutputStream(FileDescriptor.out).write(s.getBytes()); }"),
                trick(
                        "takes the harness by its class",
                        tries(
                                "ClassLoader.getSystemClassLoader().loadClass(\"io.counterflow.scorer.unittests.worker.Worker\")"
                                        + ".getDeclaredField(\"channel\")")),
                trick("takes Unsafe", tries("Class.forName(\"sun.misc.Unsafe\")")),
                trick(
                        "opens the harness's threads",
                        tries(
                                "{ java.lang.reflect.Field f = Thread.class.getDeclaredField(\"target\"); f.setAccessible(true); }")),
                trick("interrupts every thread", "Thread.getAllStackTraces().keySet().forEach(Thread::interrupt);"),
                trick("leaves a busy thread behind", "new Thread(() -> { while (true) { } }).start();"),
                trick(
                        "breaks the JVM's settings",
                        "System.setProperties(new Properties()); Locale.setDefault(Locale.forLanguageTag(\"tr\"));"
                                + " System.setOut(null); System.setErr(null); System.setIn(null);"),
                trick(
                        "throws what cannot be printed",
                        "throw new RuntimeException() { public String toString() { throw new RuntimeException(); } };"),
                trick("recurses for ever", "return answer();"),
                trick(
                        "nests until the compiler gives up",
                        "return " + "(".repeat(60_000) + "42" + ")".repeat(60_000) + ";"));
    }

    private static Arguments trick(String name, String code) {
        return Arguments.of(name, code);
    }

    private static String tries(String code) {
        String statement = code.startsWith("{") ? code : code + ";";
        return "try { " + statement + " return RIGHT; } catch (Exception | Error e) { throw e; }";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tricks")
    void aTrickFailsAndTheNextProgramPasses(String name, String code) throws Exception {
        List<ScoreOutcome> outcomes = scorer.score(List.of(request(code), request("return 40 + 2;")));
        assertThat(outcomes.get(0)).isInstanceOfSatisfying(Scored.class, s -> {
            assertThat(s.value()).as(name + ": " + s.details()).isZero();
            // Or else the trick was not tried.
            assertThat(s.details().containsKey("compiler"))
                    .as(name + ": " + s.details())
                    .isEqualTo(name.startsWith("nests"));
        });
        assertThat(outcomes.get(1)).isInstanceOfSatisfying(Scored.class, s -> assertThat(s.value())
                .as("after one that " + name + ": " + s.details())
                .isOne());
        assertThat(host.resolve("trace")).doesNotExist();
    }

    @Test
    void theTemplateItselfWorks() throws Exception {
        assertThat(((Scored) scorer.score(List.of(request("return RIGHT;"))).get(0)).value())
                .isOne();
    }

    private static ScoreRequest request(String code) {
        return new ScoreRequest("h", "", code, Map.of("language", "java", "program", TEMPLATE, "tests", TESTS));
    }
}
