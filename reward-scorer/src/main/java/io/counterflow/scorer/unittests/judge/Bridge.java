package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;

/** What the code of stubs, and that of the tests where it was rewritten, calls. */
public final class Bridge {

    private Bridge() {}

    private static Trial trial(Class<?> owner) {
        return ((TrialLoader) owner.getClassLoader()).trial();
    }

    /** Calls a method of the program; {@code self} is null for a static one. */
    public static Object invoke(
            Class<?> stub, String owner, String name, String descriptor, Object self, Object[] arguments)
            throws Throwable {
        if (self instanceof Number number
                && arguments.length == 0
                && !trial(stub).isMeant(self)) {
            Object reading = reading(trial(stub), number, name);
            if (reading != null) {
                return reading;
            }
        }
        boolean decides = descriptor.endsWith(")Z") || descriptor.endsWith(")I");
        for (Object argument : self != null && decides ? arguments : new Object[0]) {
            boolean parent = argument instanceof Stub && argument.getClass().isInstance(self);
            if (parent && !trial(stub).comparable(self, argument)) {
                throw new ClassCastException(self.getClass().getName()
                        + ", a class that only the program knows, is not asked about an object of "
                        + argument.getClass().getName());
            }
        }
        Operation operation = self == null ? Operation.STATIC : Operation.VIRTUAL;
        return trial(stub).call(new Member(operation, owner, name, descriptor), self, arguments);
    }

    /** What a method of {@link Number} answers for a number of which only the program knows the class; null for any other method. */
    private static Object reading(Trial trial, Number number, String name) throws Throwable {
        return switch (name) {
            case "doubleValue" -> trial.reading(number);
            case "floatValue" -> (float) trial.reading(number);
            case "longValue" -> (long) trial.reading(number);
            case "intValue" -> (int) trial.reading(number);
            case "shortValue" -> (short) trial.reading(number);
            case "byteValue" -> (byte) trial.reading(number);
            default -> null;
        };
    }

    /** Makes an object of the program. */
    public static Handle construct(Class<?> stub, String descriptor, Object[] arguments) throws Throwable {
        return trial(stub).construct(new Member(Operation.CONSTRUCT, stub.getName(), "", descriptor), arguments);
    }

    /** Remembers which stub stands for an object, so that it is the same one when the object comes again. */
    public static void made(Stub stub) {
        trial(stub.getClass()).objects().made(stub.counterflow$handle(), stub);
    }

    /** Makes a record of the program and returns its components. */
    public static Object[] constructRecord(Class<?> stub, String descriptor, Object[] arguments) throws Throwable {
        Member member = new Member(Operation.CONSTRUCT, stub.getName(), "", descriptor);
        return components(trial(stub).call(member, null, arguments));
    }

    /** Reads a field of the program. */
    public static Object get(Object self, Class<?> stub, String name) throws Throwable {
        return trial(stub).call(new Member(Operation.GET, stub.getName(), name, ""), self, new Object[0]);
    }

    /** Writes a field of the program. */
    public static void set(Object self, Object value, Class<?> stub, String name) throws Throwable {
        trial(stub).call(new Member(Operation.SET, stub.getName(), name, ""), self, new Object[] {value});
    }

    /**
     * Whether an object of the program equals another one, as its class has it. Of what the program does not own it is never asked:
     * it would say yes.
     */
    public static boolean equal(Class<?> stub, String owner, Object self, Object other) throws Throwable {
        if (self instanceof Collection || self instanceof Map) {
            Object mine = content(stub, self);
            Object others = other instanceof Stub ? content(stub, other) : other;
            return self instanceof java.util.Set
                    ? others instanceof java.util.Set<?> set
                            && set.equals(new java.util.HashSet<>((Collection<?>) mine))
                    : Objects.equals(mine, others);
        }
        if (!trial(stub).ofProgram(other) || !trial(stub).comparable(self, other)) {
            return false;
        }
        Object[] arguments = {other};
        return (Boolean) invoke(stub, owner, "equals", "(Ljava/lang/Object;)Z", self, arguments);
    }

    private static Object content(Class<?> stub, Object self) throws Throwable {
        return self instanceof Collection || self instanceof Map
                ? trial(stub).call(new Member(Operation.CONTENT, "", "", ""), self, new Object[0])
                : self;
    }

    /** An assertion is about to be made. */
    public static void reached(Class<?> tests) {
        trial(tests).assertions().reached();
    }

    /** Ends the tests' {@code main}, in place of {@code System.exit}. */
    public static void exit(int code) {
        throw new TestsExit(code);
    }

    /** The components of a record, without its accessors. */
    static Object[] components(Object record) {
        try {
            var components = record.getClass().getRecordComponents();
            Object[] values = new Object[components.length];
            for (int i = 0; i < values.length; i++) {
                Field field = record.getClass().getDeclaredField(components[i].getName());
                field.setAccessible(true);
                values[i] = field.get(record);
            }
            return values;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the compiler makes of {@code equals} of a record. */
    public static boolean recordEquals(Object self, Object other) {
        return other != null
                && self.getClass() == other.getClass()
                && java.util.Arrays.equals(components(self), components(other));
    }

    /** What the compiler makes of {@code hashCode} of a record. */
    public static int recordHash(Object self) {
        int hash = 0;
        for (Object component : components(self)) {
            hash = 31 * hash + Objects.hashCode(component);
        }
        return hash;
    }

    /** What the compiler makes of {@code toString} of a record. */
    public static String recordText(Object self) {
        StringBuilder text = new StringBuilder(self.getClass().getSimpleName()).append('[');
        var names = self.getClass().getRecordComponents();
        Object[] values = components(self);
        for (int i = 0; i < values.length; i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(names[i].getName())
                    .append('=')
                    .append(values[i]);
        }
        return text.append(']').toString();
    }
}
