package io.counterflow.scorer.unittests.program;

import io.counterflow.scorer.unittests.wire.Foreign;
import io.counterflow.scorer.unittests.wire.Member;
import io.counterflow.scorer.unittests.wire.Operation;
import io.counterflow.scorer.unittests.wire.Peer;
import io.counterflow.scorer.unittests.wire.Tag;
import io.counterflow.scorer.unittests.wire.ValueReader;
import io.counterflow.scorer.unittests.wire.ValueWriter;
import io.counterflow.scorer.unittests.wire.WireException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.BaseStream;

/** The program's objects, by number, and what stands here for objects of the tests. Thread-safe. */
final class ProgramObjects implements Foreign {

    private final Map<Object, Integer> numbers = new IdentityHashMap<>();
    private final List<Object> kept = new ArrayList<>();
    private final Map<Integer, Object> imported = new HashMap<>();
    private volatile ProgramLoader loader = new ProgramLoader(Map.of());
    private Peer peer;

    void talkTo(Peer other) {
        peer = other;
    }

    /** Forgets what was and takes the classes of another loader. */
    synchronized void load(ProgramLoader next) {
        loader = next;
        numbers.clear();
        kept.clear();
        imported.clear();
    }

    ProgramLoader loader() {
        return loader;
    }

    private static boolean ofProgram(Class<?> type) {
        return type.getClassLoader() instanceof ProgramLoader;
    }

    @Override
    public synchronized void write(Object object, ValueWriter out) {
        Import stub = importOf(object);
        if (stub != null) {
            out.writeByte(Tag.EXPORT);
            out.writeInt(stub.number());
        } else if (object instanceof Enum<?> constant) {
            out.writeByte(Tag.ENUM);
            out.writeText(constant.getDeclaringClass().getName());
            out.writeText(constant.name());
        } else if (object instanceof Record record && ofProgram(record.getClass())) {
            writeRecord(record, out);
        } else if (object instanceof Throwable thrown && !ofProgram(thrown.getClass())) {
            out.writeByte(Tag.THROWABLE);
            out.writeText(thrown.getClass().getName());
            out.write(thrown.getMessage());
            out.write(thrown.getCause() == thrown ? null : thrown.getCause());
        } else if (object instanceof BaseStream<?, ?> stream) {
            out.writeByte(Tag.STREAM);
            out.writeText(streamType(stream));
            out.write(stream.iterator());
        } else {
            writeHandle(object, out);
        }
    }

    private static String streamType(BaseStream<?, ?> stream) {
        for (Class<?> type : List.of(
                java.util.stream.IntStream.class,
                java.util.stream.LongStream.class,
                java.util.stream.DoubleStream.class)) {
            if (type.isInstance(stream)) {
                return type.getSimpleName();
            }
        }
        return "Stream";
    }

    private static void writeRecord(Record record, ValueWriter out) {
        RecordComponent[] components = record.getClass().getRecordComponents();
        out.writeByte(Tag.RECORD);
        out.writeText(record.getClass().getName());
        out.writeInt(components.length);
        for (RecordComponent component : components) {
            try {
                Field field = record.getClass().getDeclaredField(component.getName());
                field.setAccessible(true);
                out.write(field.get(record));
            } catch (ReflectiveOperationException e) {
                throw new WireException("a record that cannot be read: " + e.getMessage());
            }
        }
    }

    private void writeHandle(Object object, ValueWriter out) {
        Integer number = numbers.get(object);
        if (number == null) {
            number = kept.size();
            numbers.put(object, number);
            kept.add(object);
        }
        out.writeByte(Tag.HANDLE);
        out.writeInt(number);
        Class<?> named = object.getClass();
        while (named != null && (!ofProgram(named) || named.isHidden() || named.isSynthetic())) {
            named = named.getSuperclass();
        }
        out.writeText(named == null ? "" : named.getName());
        out.write(object instanceof Throwable thrown ? message(thrown) : null);
        List<String> interfaces = named == null ? interfaces(object.getClass()) : List.of();
        out.writeInt(interfaces.size());
        interfaces.forEach(out::writeText);
    }

    private static String message(Throwable thrown) {
        try {
            return thrown.getMessage();
        } catch (Throwable e) {
            return null;
        }
    }

    private static List<String> interfaces(Class<?> type) {
        Set<String> names = new LinkedHashSet<>();
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Class<?> each : at.getInterfaces()) {
                if (ofProgram(each) || Modifier.isPublic(each.getModifiers())) {
                    names.add(each.getName());
                } else {
                    names.addAll(interfaces(each));
                }
            }
        }
        return List.copyOf(names);
    }

    @Override
    public Object read(byte tag, ValueReader in) {
        try {
            return switch (tag) {
                case Tag.HANDLE -> kept(in.readInt());
                case Tag.EXPORT -> readExport(in);
                case Tag.ENUM -> readEnum(in);
                case Tag.RECORD -> readRecord(in);
                case Tag.THROWABLE -> readThrowable(in);
                case Tag.SERIAL -> new ObjectInputStream(new ByteArrayInputStream(in.readBytes())).readObject();
                default -> throw new WireException("a value of unknown kind " + tag);
            };
        } catch (ReflectiveOperationException | IOException e) {
            throw new WireException("a value that cannot be made: " + e);
        }
    }

    private synchronized Object kept(int number) {
        return kept.get(number);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private Object readEnum(ValueReader in) {
        return Enum.valueOf((Class<? extends Enum>) type(in.readText()), in.readText());
    }

    private Object readRecord(ValueReader in) throws ReflectiveOperationException {
        Class<?> type = type(in.readText());
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[in.readCount(1)];
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.read();
            types[i] = components[i].getType();
        }
        Constructor<?> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    private Object readThrowable(ValueReader in) throws ReflectiveOperationException {
        Class<?> type = type(in.readText());
        Object message = in.read();
        Object cause = in.read();
        Throwable thrown = thrown(type, message);
        if (cause != null && thrown.getCause() == null) {
            thrown.initCause((Throwable) cause);
        }
        return thrown;
    }

    private static Throwable thrown(Class<?> type, Object message) throws ReflectiveOperationException {
        // An AssertionError takes any object.
        for (Class<?> parameter : List.of(String.class, Object.class)) {
            try {
                return (Throwable) type.getConstructor(parameter).newInstance(message);
            } catch (NoSuchMethodException e) {
                // Another one, then.
            }
        }
        return new IllegalStateException(type.getName() + ": " + message);
    }

    private Object readExport(ValueReader in) {
        int number = in.readInt();
        List<String> names = new ArrayList<>();
        for (int n = in.readCount(1); n > 0; n--) {
            names.add(in.readText());
        }
        synchronized (this) {
            return imported.computeIfAbsent(number, n -> {
                Class<?>[] types = names.stream().map(this::type).toArray(Class<?>[]::new);
                return types.length == 0
                        ? new TestObject(new Import(n))
                        : Proxy.newProxyInstance(loader, types, new Import(n));
            });
        }
    }

    private static Import importOf(Object object) {
        if (object instanceof TestObject test) {
            return test.handler;
        }
        return object instanceof Proxy && Proxy.getInvocationHandler(object) instanceof Import stub ? stub : null;
    }

    @Override
    public Class<?> type(String name) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException e) {
            throw new WireException("there is no class " + name);
        }
    }

    /** Short texts are mostly the tests' constants, and constants that are equal are the same in one process. */
    @Override
    public String text(String text) {
        return text.length() <= 64 ? text.intern() : text;
    }

    @Override
    public boolean ordersItself(Object element) {
        return true;
    }

    /** Stands for an object of the tests. */
    private final class Import implements InvocationHandler {

        private final int number;

        Import(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            String descriptor = MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                    .toMethodDescriptorString();
            Member member =
                    new Member(Operation.VIRTUAL, method.getDeclaringClass().getName(), method.getName(), descriptor);
            return peer.call(member, proxy, arguments == null ? new Object[0] : arguments);
        }
    }

    /** An object of the tests of which nothing is known but that it is one. */
    private static final class TestObject {

        private final Import handler;

        TestObject(Import handler) {
            this.handler = handler;
        }

        private Object ask(String name, Class<?>[] types, Object... arguments) {
            try {
                return handler.invoke(this, Object.class.getMethod(name, types), arguments);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public boolean equals(Object other) {
            return (Boolean) ask("equals", new Class<?>[] {Object.class}, other);
        }

        @Override
        public int hashCode() {
            return (Integer) ask("hashCode", new Class<?>[0]);
        }

        @Override
        public String toString() {
            return (String) ask("toString", new Class<?>[0]);
        }
    }
}
