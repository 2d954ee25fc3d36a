package io.counterflow.scorer.unittests.worker;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.ForkJoinPool;

/**
 * Runs the tests of compiled programs, one after the other, away from the worker's own thread, and leaves the JVM as it was. Time limits are
 * the parent's: a test that never ends is ended with this process.
 */
final class TestRunner {

    private static final long STACK_BYTES = 4L << 20;
    private static final long MILLISECONDS_FOR_THREADS_TO_END = 50;

    private final Properties properties = (Properties) System.getProperties().clone();
    private final Locale locale = Locale.getDefault();
    private final TimeZone timeZone = TimeZone.getDefault();
    private Set<Thread> known;

    /**
     * Runs programs, by index. All share one thread: with a thread each, a busy machine spends more time on switching than on
     * tests.
     *
     * @return why this process should be replaced before anything else runs in it, or nothing
     */
    String run(Map<Integer, CompiledProgram> programs, Reporter reporter) throws IOException {
        if (known == null) {
            known = threads();
        }
        String[] reason = {""};
        IOException[] failure = new IOException[1];
        Thread thread = new Thread(
                new ThreadGroup("program"),
                () -> {
                    try {
                        for (Map.Entry<Integer, CompiledProgram> program : programs.entrySet()) {
                            reason[0] = run(program.getKey(), program.getValue(), reporter);
                            if (!reason[0].isEmpty()) {
                                return;
                            }
                        }
                    } catch (IOException e) {
                        failure[0] = e;
                    }
                },
                "program",
                STACK_BYTES);
        thread.start();
        boolean interrupted = join(thread);
        if (failure[0] != null) {
            throw failure[0];
        }
        return interrupted ? "a program interrupted the worker" : reason[0];
    }

    private String run(int index, CompiledProgram program, Reporter reporter) throws IOException {
        reporter.program(index, program.tests());
        runTests(index, program, reporter);
        restore();
        return threadsLeft() ? "a program left threads behind" : "";
    }

    boolean memoryLeft() {
        if (used() < 0.75) {
            return true;
        }
        System.gc();
        return used() < 0.5;
    }

    private static double used() {
        Runtime runtime = Runtime.getRuntime();
        return (double) (runtime.totalMemory() - runtime.freeMemory()) / runtime.maxMemory();
    }

    private static void runTests(int index, CompiledProgram program, Reporter reporter) throws IOException {
        ClassLoader loader = new ProgramLoader(program.classes());
        Thread.currentThread().setContextClassLoader(loader);
        System.setIn(new ByteArrayInputStream(new byte[0]));
        for (int test = 0; test < program.tests().size(); test++) {
            BoundedOutput stdout = new BoundedOutput();
            BoundedOutput stderr = new BoundedOutput();
            System.setOut(new PrintStream(stdout, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(stderr, true, StandardCharsets.UTF_8));
            reporter.testStarted(index, test);
            long start = System.nanoTime();
            String failure = call(loader, program.testClass(), program.tests().get(test));
            long nanoseconds = System.nanoTime() - start;
            reporter.testEnded(index, test, failure, stdout.text(), stderr.text(), nanoseconds);
        }
    }

    /** Returns what went wrong, null when nothing did. */
    private static String call(ClassLoader loader, String className, String name) {
        try {
            boolean main = name.equals("main");
            Class<?> type = Class.forName(className, true, loader);
            Method method = main ? type.getDeclaredMethod(name, String[].class) : type.getDeclaredMethod(name);
            method.setAccessible(true);
            if (main) {
                method.invoke(null, (Object) new String[0]);
            } else {
                method.invoke(null);
            }
            return null;
        } catch (InvocationTargetException e) {
            return describe(e.getCause());
        } catch (Throwable e) {
            return describe(e);
        }
    }

    private static String describe(Throwable e) {
        try {
            // The class may be the program's own, and so may toString.
            return String.valueOf(e);
        } catch (Throwable thrown) {
            return e.getClass().getName() + " (and its toString failed)";
        }
    }

    private static boolean join(Thread thread) {
        boolean interrupted = false;
        for (; ; ) {
            try {
                thread.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    private void restore() {
        if (!System.getProperties().equals(properties)) {
            System.setProperties((Properties) properties.clone());
        }
        if (!Locale.getDefault().equals(locale)) {
            Locale.setDefault(locale);
        }
        if (!TimeZone.getDefault().equals(timeZone)) {
            TimeZone.setDefault(timeZone);
        }
        Thread.setDefaultUncaughtExceptionHandler(null);
        Thread.interrupted();
        Thread.currentThread().setPriority(Thread.NORM_PRIORITY);
    }

    private boolean threadsLeft() {
        long deadline = System.nanoTime() + MILLISECONDS_FOR_THREADS_TO_END * 1_000_000;
        for (Thread thread : threads()) {
            if (thread == Thread.currentThread() || known.contains(thread) || ofCommonPool(thread)) {
                continue;
            }
            try {
                thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                return true;
            }
            if (thread.isAlive()) {
                return true;
            }
        }
        return false;
    }

    private static boolean ofCommonPool(Thread thread) {
        // Parallel streams leave these behind, idle; that is no harm.
        return thread.getName().startsWith("ForkJoinPool.commonPool-worker-")
                && ForkJoinPool.commonPool().isQuiescent();
    }

    private static Set<Thread> threads() {
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        while (root.getParent() != null) {
            root = root.getParent();
        }
        Thread[] threads = new Thread[256];
        int count = root.enumerate(threads, true);
        return new HashSet<>(Arrays.asList(threads).subList(0, count));
    }

    private static final class BoundedOutput extends OutputStream {

        private final byte[] first = new byte[Protocol.MAX_TEXT];
        private int length;

        @Override
        public synchronized void write(int b) {
            if (length < first.length) {
                first[length++] = (byte) b;
            }
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int count) {
            int kept = Math.min(count, first.length - length);
            System.arraycopy(bytes, offset, first, length, kept);
            length += kept;
        }

        synchronized String text() {
            return new String(first, 0, length, StandardCharsets.UTF_8);
        }
    }
}
