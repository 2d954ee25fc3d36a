package io.counterflow.scorer.unittests;

import io.counterflow.files.FileTree;
import io.counterflow.model.source.CacheFolder;
import io.counterflow.scorer.sandbox.Limits;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxedCommand;
import io.counterflow.scorer.unittests.ProgramResult.Broken;
import io.counterflow.scorer.unittests.ProgramResult.UnusableTests;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs each Java program in a JVM of its own, which is thrown away, and its tests in another one, which never loads the program's
 * code and is used again; see {@link JavaTrial}. As many programs run at a time as there are cores. Thread-safe.
 */
final class JavaTrials implements ProgramRunner {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final int MAX_DEATHS = 2;
    private static final String TEST_MODULES =
            "java.se,jdk.compiler,jdk.zipfs,jdk.localedata,jdk.charsets,jdk.crypto.ec";

    private final Sandbox sandbox;
    private final UnitTestsConfig config;
    private final Path folder;
    private final JavaRuntime runtime;
    private final List<Path> runtimePaths;
    private final JvmPool judges;
    private final JvmPool programs;
    private final ExecutorService lanes;
    private final AtomicInteger started = new AtomicInteger();
    private JavaPrograms shared;

    JavaTrials(Sandbox sandbox, UnitTestsConfig config) throws IOException {
        this.sandbox = sandbox;
        this.config = config;
        // Private to this user: everything below can then be open to the sandbox's user.
        this.folder = Files.createTempDirectory("counterflow-java-");
        Path judge = SandboxClasses.write(SandboxClasses.ofJudge(), folder.resolve("judge.jar"));
        this.runtime = JavaRuntime.find(CacheFolder.ofEnvironment(), folder);
        this.runtimePaths = runtime.visible();
        int cores = Runtime.getRuntime().availableProcessors();
        this.judges = new JvmPool("java-tests", 1, () -> start(place -> judgeCommand(judge, place)));
        this.programs = new JvmPool("java-program", cores, () -> start(this::programCommand));
        this.lanes = Executors.newFixedThreadPool(cores, runnable -> {
            Thread thread = new Thread(runnable, "java-trial");
            thread.setDaemon(true);
            return thread;
        });
    }

    private SandboxedJvm start(SandboxedJvm.Command command) throws IOException {
        return SandboxedJvm.start(sandbox, folder.resolve("jvm-" + started.incrementAndGet()), START_LIMIT, command);
    }

    private List<String> options(Path home) {
        List<String> options = new ArrayList<>(List.of(
                home.resolve("bin/java").toString(),
                "-Xmx" + config.heapMegabytes() + "m",
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
                "-Djava.security.manager=disallow",
                // Programs read and write UTF-8 wherever they do not say, whatever the locale of this machine.
                "-Dfile.encoding=UTF-8",
                "-Dstdin.encoding=UTF-8",
                "-Dstdout.encoding=UTF-8",
                "-Dstderr.encoding=UTF-8",
                "-Dsun.stdout.encoding=UTF-8",
                "-Dsun.stderr.encoding=UTF-8",
                "-Djava.io.tmpdir=/tmp"));
        if (Runtime.version().feature() >= 24) {
            options.add("--illegal-native-access=deny");
        }
        return options;
    }

    private SandboxedCommand judgeCommand(Path jar, MeetingPlace place) {
        Path home = Path.of(System.getProperty("java.home"));
        List<String> line = options(home);
        line.addAll(List.of("--limit-modules=" + TEST_MODULES, "-cp", jar.toString()));
        line.addAll(List.of(
                "io.counterflow.scorer.unittests.judge.JudgeMain",
                place.socket().toString(),
                place.token()));
        return new SandboxedCommand(
                line, environment(home), JavaHome.visible(home, jar, place.shared()), false, limits(24 * 3600));
    }

    private SandboxedCommand programCommand(MeetingPlace place) {
        List<String> line = options(runtime.home());
        line.addAll(runtime.options());
        line.addAll(List.of(
                "-cp",
                runtime.jar().toString(),
                runtime.mainClass(),
                place.socket().toString(),
                place.token()));
        // The processor's time is limited too, lest a process that nobody waits for any more goes on.
        long seconds = 60 + 10 * (1 + config.testLimit().toSeconds());
        return new SandboxedCommand(line, environment(runtime.home()), visible(place.shared()), false, limits(seconds));
    }

    private List<Path> visible(Path shared) {
        List<Path> paths = new ArrayList<>(runtimePaths);
        paths.add(shared);
        return paths;
    }

    private static Map<String, String> environment(Path home) {
        // Without /proc the loader does not know where the program is, and so not where its libraries are.
        return Map.of("LD_LIBRARY_PATH", home.resolve("lib").toString(), "HOME", "/tmp");
    }

    private Limits limits(long cpuSeconds) {
        long data = ((long) config.heapMegabytes() + 640) << 20;
        return new Limits(cpuSeconds, data, data + (4L << 30), 96, 16 << 20, 256, 32 << 20);
    }

    @Override
    public List<ProgramResult> run(List<TestedProgram> batch) throws IOException, InterruptedException {
        List<Future<ProgramResult>> running = new ArrayList<>();
        for (TestedProgram program : batch) {
            running.add(lanes.submit(() -> run(program)));
        }
        List<ProgramResult> results = new ArrayList<>();
        try {
            for (Future<ProgramResult> each : running) {
                results.add(each.get());
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            running.forEach(each -> each.cancel(true));
        }
        return results;
    }

    private ProgramResult run(TestedProgram program) throws InterruptedException {
        try {
            for (int deaths = 1; ; deaths++) {
                SandboxedJvm judge = judges.take();
                boolean reusable = false;
                try (JavaTrial trial = new JavaTrial(program, judge.link(), programs, config)) {
                    JavaTrial.Ending ending = trial.run();
                    reusable = ending.reusable();
                    if (ending.unsplittable().isPresent()) {
                        return unsplit(program, ending.unsplittable().get());
                    }
                    if (ending.result().isPresent()) {
                        return ending.result().get();
                    }
                    if (deaths == MAX_DEATHS) {
                        // Only the second death is held against the program.
                        return trial.verdictOfDeath(judge.lastWords());
                    }
                } finally {
                    if (reusable) {
                        judges.giveBack(judge);
                    } else {
                        judge.close();
                    }
                }
            }
        } catch (InterruptedIOException e) {
            throw new InterruptedException("interrupted while programs were run");
        } catch (IOException e) {
            return new Broken("running a Java program failed: " + e.getMessage());
        }
    }

    private ProgramResult unsplit(TestedProgram program, String why) throws IOException, InterruptedException {
        if (config.unsplittableTests() == UnsplittableTests.REJECTED) {
            return new UnusableTests("the tests cannot be split from their program: " + why);
        }
        JavaPrograms runner;
        synchronized (this) {
            if (shared == null) {
                shared = new JavaPrograms(sandbox, config.heapMegabytes(), config.testLimit(), config.compileLimit());
            }
            runner = shared;
        }
        return runner.run(List.of(program)).get(0);
    }

    @Override
    public void close() throws IOException {
        lanes.shutdownNow();
        judges.close();
        programs.close();
        synchronized (this) {
            if (shared != null) {
                shared.close();
            }
        }
        FileTree.delete(folder);
    }
}
