package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.worker.TestMethods;
import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Runs the tests of one trial in their order. */
final class TestsRun {

    private final Trial trial;
    private final TestMethods tests;
    private final Set<String> asserting;
    private final HostLink host;

    /**
     * @param asserting names of the tests that hold assertions
     */
    TestsRun(Trial trial, TestMethods tests, Set<String> asserting, HostLink host) {
        this.trial = trial;
        this.tests = tests;
        this.asserting = asserting;
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
            trial.assertions().begin();
            String failure = call(tests.methods().get(i));
            if (failure == null) {
                failure = overlooked(i);
            }
            long nanoseconds = System.nanoTime() - start;
            String spoiled = trial.spoiled();
            String why = spoiled.isEmpty() ? failure : spoiled;
            boolean passed = why == null;
            String message = passed ? "" : why;
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

    /** What a test that ended well did not notice, null when there is nothing. */
    private String overlooked(int test) {
        AssertionRecord assertions = trial.assertions();
        if (!assertions.swallowed().isEmpty()) {
            return "the program kept the failure of an assertion to itself: " + assertions.swallowed();
        }
        boolean nothing = asserting.contains(tests.methods().get(test)) && !assertions.wasReached();
        return nothing ? "none of the test's assertions was reached" : null;
    }

    /** Returns what went wrong, null when nothing did. */
    private String call(String name) {
        try {
            boolean main = name.equals("main");
            Class<?> type = Class.forName(tests.className(), true, trial.loader());
            Method method = main ? type.getDeclaredMethod(name, String[].class) : type.getDeclaredMethod(name);
            method.setAccessible(true);
            Object result = main ? method.invoke(null, (Object) new String[0]) : method.invoke(null);
            if (result instanceof Boolean) {
                trial.assertions().reached();
            }
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
