package io.counterflow.scorer.unittests.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One end of a conversation in which both sides call and answer. Every thread that calls has a counterpart on the other side, which
 * runs what it calls and may call back before it answers; the messages of one thread are nested strictly. Arguments that the callee
 * changed come back with the answer. Thread-safe.
 */
public final class Peer {

    private static final byte CALL = 1;
    private static final byte RETURN = 2;
    private static final byte THROW = 3;
    private static final int MAX_THREADS = 64;
    private static final byte[] ENDED = new byte[0];

    private final Foreign foreign;
    private final Target target;
    private final Sink sink;
    private final long stackBytes;
    private final AtomicInteger nextThread;
    private final ThreadLocal<Integer> thread = new ThreadLocal<>();
    private final ConcurrentLinkedDeque<Integer> idle = new ConcurrentLinkedDeque<>();
    private final Map<Integer, BlockingQueue<byte[]>> queues = new ConcurrentHashMap<>();
    private volatile String end;

    /**
     * Makes an end.
     *
     * @param first number of this side's first thread; the two sides' differ in their lowest bit
     * @param stackBytes stack of a thread that serves one of the other side
     */
    public Peer(Foreign foreign, Target target, Sink sink, int first, long stackBytes) {
        this.foreign = foreign;
        this.target = target;
        this.sink = sink;
        this.stackBytes = stackBytes;
        this.nextThread = new AtomicInteger(first);
    }

    private BlockingQueue<byte[]> queue(int number) {
        return queues.computeIfAbsent(number, n -> new LinkedBlockingQueue<>());
    }

    /** Calls the other side and waits for its answer. */
    public Object call(Member member, Object receiver, Object... arguments) throws Throwable {
        if (thread.get() != null) {
            return call(thread.get(), member, receiver, arguments);
        }
        // A number for the time of the call: threads come and go, and each number is a thread on the other side.
        Integer free = idle.pollFirst();
        int number = free == null ? nextThread.getAndAdd(2) : free;
        thread.set(number);
        try {
            return call(number, member, receiver, arguments);
        } finally {
            thread.remove();
            idle.addFirst(number);
        }
    }

    private Object call(int number, Member member, Object receiver, Object[] arguments) throws Throwable {
        queue(number);
        ValueWriter out = message(CALL, number, List.of());
        member.write(out);
        out.write(receiver);
        out.writeInt(arguments.length);
        for (Object argument : arguments) {
            out.write(argument);
        }
        send(out);
        for (; ; ) {
            ValueReader in = next(number, out.containers());
            byte kind = in.readByte();
            in.readInt();
            if (kind == CALL) {
                serve(number, in);
                continue;
            }
            for (int updates = in.readCount(5); updates > 0; updates--) {
                int index = in.readInt();
                if (index < 0 || index >= out.containers().size()) {
                    throw new WireException("a change of an argument that was not sent");
                }
                in.fill(out.containers().get(index));
            }
            Object answer = in.read();
            if (kind == RETURN) {
                return answer;
            }
            if (kind == THROW && answer instanceof Throwable thrown) {
                throw thrown;
            }
            throw new WireException("an answer of unknown kind " + kind);
        }
    }

    private ValueReader next(int number, List<Object> known) {
        byte[] message = ENDED;
        boolean interrupted = false;
        while (end == null || !queue(number).isEmpty()) {
            try {
                message = queue(number).take();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (message == ENDED) {
            throw new WireException(end);
        }
        return new ValueReader(foreign, ByteBuffer.wrap(message), known);
    }

    private ValueWriter message(byte kind, int number, List<Object> known) {
        ValueWriter out = new ValueWriter(foreign, known);
        out.writeByte(kind);
        out.writeInt(number);
        return out;
    }

    private void send(ValueWriter out) {
        if (end != null) {
            throw new WireException(end);
        }
        try {
            sink.send(out.toBytes());
        } catch (IOException e) {
            throw new WireException("the other side is gone");
        }
    }

    /**
     * Takes a message that arrived.
     *
     * @throws WireException when it is none, or calls from more threads than may be
     */
    public void received(byte[] message) {
        if (message.length < 5) {
            throw new WireException("a message of " + message.length + " bytes");
        }
        int number = ByteBuffer.wrap(message, 1, 4).getInt();
        boolean known = queues.containsKey(number);
        if (!known && (message[0] != CALL || (number & 1) == (nextThread.get() & 1))) {
            throw new WireException("an answer to nothing");
        }
        if (!known && queues.size() >= MAX_THREADS) {
            throw new WireException("calls from more than " + MAX_THREADS + " threads");
        }
        queue(number).add(message);
        if (!known) {
            Thread server =
                    new Thread(null, () -> serveAll(number), number < 2 ? "main" : "thread-" + number, stackBytes);
            server.setDaemon(true);
            server.start();
        }
    }

    private void serveAll(int number) {
        thread.set(number);
        try {
            for (; ; ) {
                ValueReader in = next(number, List.of());
                if (in.readByte() != CALL) {
                    throw new WireException("an answer to nothing");
                }
                in.readInt();
                serve(number, in);
            }
        } catch (WireException e) {
            // The conversation is over, or this thread of it makes no sense: nobody waits for it here.
        }
    }

    private void serve(int number, ValueReader in) {
        Member member = Member.read(in);
        Object receiver = in.read();
        Object[] arguments = new Object[in.readCount(1)];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = in.read();
        }
        List<Object> containers = List.copyOf(in.containers());
        List<byte[]> before = contents(containers);
        byte kind = RETURN;
        Object answer;
        try {
            answer = target.call(member, receiver, arguments);
        } catch (Throwable thrown) {
            kind = THROW;
            answer = thrown;
        }
        ValueWriter out;
        try {
            out = answer(kind, number, containers, before, answer);
        } catch (WireException | StackOverflowError | OutOfMemoryError | RuntimeException e) {
            Throwable cause = e instanceof WireException ? new IllegalStateException(e.getMessage()) : e;
            out = answer(THROW, number, List.of(), List.of(), cause);
        }
        send(out);
    }

    private ValueWriter answer(byte kind, int number, List<Object> containers, List<byte[]> before, Object answer) {
        ValueWriter out = message(kind, number, containers);
        List<byte[]> after = contents(containers);
        List<Integer> changed = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            if (!Arrays.equals(before.get(i), after.get(i))) {
                changed.add(i);
            }
        }
        out.writeInt(changed.size());
        for (int index : changed) {
            out.writeInt(index);
            out.writeContent(containers.get(index));
        }
        out.write(answer);
        return out;
    }

    private List<byte[]> contents(List<Object> containers) {
        List<byte[]> contents = new ArrayList<>();
        for (Object container : containers) {
            ValueWriter content = new ValueWriter(foreign, containers);
            content.writeContent(container);
            contents.add(content.toBytes());
        }
        return contents;
    }

    /** Ends the conversation: whoever waits, or calls from now on, gets a {@link WireException} that says why. */
    public void end(String why) {
        end = why;
        queues.values().forEach(queue -> queue.add(ENDED));
    }
}
