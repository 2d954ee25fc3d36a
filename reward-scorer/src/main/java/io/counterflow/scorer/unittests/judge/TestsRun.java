package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.worker.TestMethods;
import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;

/** Runs the tests of one trial in their order. */
final class TestsRun {

    private final Trial trial;
    private final TestMethods tests;
    private final HostLink host;

    TestsRun(Trial trial, TestMethods tests, HostLink host) {
        this.trial = trial;
        this.tests = tests;
        this.host = host;
    }

    void run() {
        Thread.currentThread().setContextClassLoader(trial.loader());
        for (int i = 0; i < tests.methods().size() && trial.spoiled().isEmpty(); i++) {
            System.setIn(new ByteArrayInputStream(new byte[0]));
            CapturedOutput stdout = new CapturedOutput();
            CapturedOutput stderr = new CapturedOutput();
            System.setOut(new PrintStream(stdout, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(stderr, true, StandardCharsets.UTF_8));
            int test = i;
            host.send(Messages.TEST_STARTED, out -> out.writeInt(test));
            long start = System.nanoTime();
            String failure = call(tests.methods().get(i));
            long nanoseconds = System.nanoTime() - start;
            String spoiled = trial.spoiled();
            boolean passed = failure == null && spoiled.isEmpty();
            String message = passed ? "" : spoiled.isEmpty() ? failure : spoiled;
            host.send(Messages.TEST_ENDED, out -> {
                out.writeInt(test);
                out.writeByte(passed ? 1 : 0);
                out.writeText(HostLink.cut(message));
                out.writeText(stdout.text());
                out.writeText(stderr.text());
                out.write(nanoseconds);
            });
        }
    }

    /** Returns what went wrong, null when nothing did. */
    private String call(String name) {
        try {
            boolean main = name.equals("main");
            Class<?> type = Class.forName(tests.className(), true, trial.loader());
            Method method = main ? type.getDeclaredMethod(name, String[].class) : type.getDeclaredMethod(name);
            method.setAccessible(true);
            Object result = main ? method.invoke(null, (Object) new String[0]) : method.invoke(null);
            return Boolean.FALSE.equals(result) ? "it returned false" : null;
        } catch (InvocationTargetException e) {
            return e.getCause() instanceof TestsExit exit && exit.code() == 0 ? null : describe(e.getCause());
        } catch (Throwable e) {
            return describe(e);
        }
    }

    /** Never null: that would be a pass. */
    static String describe(Throwable thrown) {
        String text;
        try {
            // The class may be the program's own, and so may toString.
            text = thrown.toString();
        } catch (Throwable e) {
            text = null;
        }
        return text == null ? thrown.getClass().getName() : text;
    }
}
