package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import io.counterflow.scorer.unittests.wire.Peer;
import io.counterflow.scorer.unittests.wire.WireException;
import java.io.PrintStream;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The conversation with one program. Whatever goes wrong with it spoils the trial: a test that is running has failed then, whatever
 * it makes of the error. Thread-safe.
 */
final class Trial {

    private static final long STACK_BYTES = 4L << 20;
    private static final long MAX_OUTPUT = 64L << 20;

    private final TrialLoader loader;
    private final Set<String> meant;
    private final JudgeObjects objects;
    private final AssertionRecord assertions = new AssertionRecord();
    private final Peer peer;
    private final CountDownLatch started = new CountDownLatch(1);
    private final AtomicLong written = new AtomicLong();
    private volatile String spoiled = "";

    private final Map<Number, Double> readings = new IdentityHashMap<>();

    /**
     * One run of the tests.
     *
     * @param meant binary names of the program's classes that the task or the tests mean by a name
     */
    Trial(Map<String, byte[]> stubs, Map<String, byte[]> tests, Set<String> meant, HostLink host) {
        this.meant = meant;
        loader = new TrialLoader(stubs, tests, this);
        objects = new JudgeObjects(this);
        peer = new Peer(objects, new Callbacks(this), message -> host.send(Messages.TALK, message), 0, STACK_BYTES);
    }

    TrialLoader loader() {
        return loader;
    }

    JudgeObjects objects() {
        return objects;
    }

    AssertionRecord assertions() {
        return assertions;
    }

    boolean ofProgram(Object object) {
        return objects.ofProgram(object);
    }

    /**
     * Whether an object of the program may be asked about another one: both are of the same class, or of classes that the task or the
     * tests mean by a name. A subclass that only the program knows would say what it likes of an object of the class that they mean.
     */
    boolean comparable(Object self, Object other) {
        Class<?> mine = self.getClass();
        Class<?> others = other.getClass();
        return mine == others || meant.contains(mine.getName()) && meant.contains(others.getName());
    }

    /** Whether the task or the tests mean the class of one of the program's objects by a name. */
    boolean isMeant(Object self) {
        return meant.contains(self.getClass().getName());
    }

    /**
     * The number that one of the program's objects stands for. The program is asked once: a number that changes would lie below one bound of an
     * assertion and above the other.
     */
    double reading(Number self) throws Throwable {
        synchronized (readings) {
            if (readings.containsKey(self)) {
                return readings.get(self);
            }
        }
        Member asked = new Member(Operation.VIRTUAL, Number.class.getName(), "doubleValue", "()D");
        Double first = (Double) call(asked, self, new Object[0]);
        synchronized (readings) {
            Double before = readings.putIfAbsent(self, first);
            return before == null ? first : before;
        }
    }

    /** Calls the program. */
    Object call(Member member, Object self, Object[] arguments) throws Throwable {
        try {
            return peer.call(member, self, arguments);
        } catch (WireException e) {
            spoil(e.getMessage());
            throw e;
        } catch (AssertionError e) {
            assertions.returned(e);
            throw e;
        }
    }

    Handle construct(Member member, Object[] arguments) throws Throwable {
        if (call(member, null, arguments) instanceof Stub stub) {
            return stub.counterflow$handle();
        }
        WireException none = new WireException("the program made no " + member.owner());
        spoil(none.getMessage());
        throw none;
    }

    private synchronized void spoil(String why) {
        if (spoiled.isEmpty()) {
            spoiled = why;
        }
    }

    /** Why nothing more can be found out from this program; empty while all is well. */
    String spoiled() {
        return spoiled;
    }

    void awaitStart() throws InterruptedException {
        started.await();
    }

    void start() {
        started.countDown();
    }

    /** Takes a message of the program. */
    void received(byte[] message) {
        try {
            peer.received(message);
        } catch (WireException e) {
            ended(e.getMessage());
        }
    }

    /** Takes what the program wrote to where the tests have standard output or error now. */
    void wrote(boolean error, byte[] bytes) {
        if (written.addAndGet(bytes.length) > MAX_OUTPUT) {
            ended("the program wrote more than " + (MAX_OUTPUT >> 20) + " MiB");
            return;
        }
        PrintStream out = error ? System.err : System.out;
        if (out != null) {
            out.write(bytes, 0, bytes.length);
            out.flush();
        }
    }

    /** Nothing more will come. */
    void ended(String why) {
        if (!why.isEmpty()) {
            spoil(why);
        }
        peer.end(why.isEmpty() ? "the tests are over" : why);
        start();
    }
}
