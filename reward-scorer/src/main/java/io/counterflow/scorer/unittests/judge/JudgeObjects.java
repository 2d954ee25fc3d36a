package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Foreign;
import io.counterflow.scorer.unittests.wire.Kept;
import io.counterflow.scorer.unittests.wire.Tag;
import io.counterflow.scorer.unittests.wire.ValueReader;
import io.counterflow.scorer.unittests.wire.ValueWriter;
import io.counterflow.scorer.unittests.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.StreamSupport;

/** What the tests' JVM knows of the program's objects, and what the program may know of the tests'. Thread-safe. */
final class JudgeObjects implements Foreign {

    private static final int MAX_HANDLES = 2_000_000;
    /** Interfaces by which a value is held against another one: an object that is nothing else does not get them. */
    private static final Set<String> REFUSED = Set.of("java.lang.Comparable", "java.lang.CharSequence");

    private final Trial trial;
    private final Map<Integer, Object> handles = new HashMap<>();
    private final Map<Object, Integer> exports = new IdentityHashMap<>();
    private final List<Object> exported = new ArrayList<>();

    JudgeObjects(Trial trial) {
        this.trial = trial;
    }

    /** Whether an object is one of the program's, by whatever stands for it. */
    boolean ofProgram(Object object) {
        return object != null
                && (object instanceof Stub
                        || trial.loader().isStub(object.getClass())
                        || object instanceof Proxy && Proxy.getInvocationHandler(object) instanceof RemoteObject);
    }

    synchronized boolean isExported(Object object) {
        return exports.containsKey(object);
    }

    @Override
    public synchronized void write(Object object, ValueWriter out) {
        boolean stub = trial.loader().isStub(object.getClass());
        if (object instanceof Stub remote) {
            writeHandle(remote.counterflow$handle(), out);
        } else if (object instanceof Proxy && Proxy.getInvocationHandler(object) instanceof RemoteObject remote) {
            writeHandle(remote.handle(), out);
        } else if (stub && object instanceof Enum<?> constant) {
            out.writeByte(Tag.ENUM);
            out.writeText(constant.getDeclaringClass().getName());
            out.writeText(constant.name());
        } else if (stub && object instanceof Record) {
            Object[] components = Bridge.components(object);
            out.writeByte(Tag.RECORD);
            out.writeText(object.getClass().getName());
            out.writeInt(components.length);
            for (Object component : components) {
                out.write(component);
            }
        } else if (object instanceof Throwable thrown) {
            writeThrowable(thrown, out);
        } else {
            byte[] serial = serial(object);
            if (serial == null) {
                writeExport(object, out);
            } else {
                out.writeByte(Tag.SERIAL);
                out.writeBytes(serial);
            }
        }
    }

    private static void writeHandle(Handle handle, ValueWriter out) {
        out.writeByte(Tag.HANDLE);
        out.writeInt(handle.number());
    }

    private static void writeThrowable(Throwable thrown, ValueWriter out) {
        Class<?> type = thrown.getClass();
        while (!isPlatform(type)) {
            type = type.getSuperclass();
        }
        out.writeByte(Tag.THROWABLE);
        out.writeText(type.getName());
        out.write(thrown.getMessage());
        out.write(null);
    }

    private static boolean isPlatform(Class<?> type) {
        return type.getClassLoader() == null || type.getClassLoader() == ClassLoader.getPlatformClassLoader();
    }

    private static byte[] serial(Object object) {
        Class<?> type = object.getClass();
        if (!(object instanceof Serializable) || !isPlatform(type) || type.isHidden() || object instanceof Proxy) {
            return null;
        }
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ObjectOutputStream out = new ObjectOutputStream(bytes);
            out.writeObject(object);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            return null;
        }
    }

    private void writeExport(Object object, ValueWriter out) {
        Integer number = exports.get(object);
        if (number == null) {
            number = exported.size();
            exports.put(object, number);
            exported.add(object);
        }
        out.writeByte(Tag.EXPORT);
        out.writeInt(number);
        Set<String> interfaces = new LinkedHashSet<>();
        for (Class<?> at = object.getClass(); at != null; at = at.getSuperclass()) {
            collect(at.getInterfaces(), interfaces);
        }
        out.writeInt(interfaces.size());
        interfaces.forEach(out::writeText);
    }

    private void collect(Class<?>[] types, Set<String> names) {
        for (Class<?> type : types) {
            if (type == Kept.class || type == Stub.class) {
                continue;
            }
            if (trial.loader().isStub(type) || isPlatform(type) && Modifier.isPublic(type.getModifiers())) {
                names.add(type.getName());
            } else {
                collect(type.getInterfaces(), names);
            }
        }
    }

    @Override
    public Object read(byte tag, ValueReader in) {
        return switch (tag) {
            case Tag.HANDLE -> readHandle(in);
            case Tag.EXPORT -> readExport(in.readInt());
            case Tag.ENUM -> readEnum(in.readText(), in.readText());
            case Tag.RECORD -> readRecord(in);
            case Tag.THROWABLE -> readThrowable(in);
            case Tag.STREAM -> readStream(in);
            default -> throw new WireException("what the program sent cannot be read: a value of kind " + tag);
        };
    }

    private synchronized Object readExport(int number) {
        if (number < 0 || number >= exported.size()) {
            throw new WireException("the program sent an object that it was never given");
        }
        return exported.get(number);
    }

    private Object readHandle(ValueReader in) {
        int number = in.readInt();
        String type = in.readText();
        Handle handle = new Handle(number, in.read() instanceof String text ? text : null);
        List<String> interfaces = new ArrayList<>();
        for (int n = in.readCount(5); n > 0; n--) {
            interfaces.add(in.readText());
        }
        synchronized (this) {
            Object known = handles.get(number);
            if (known == null) {
                if (handles.size() >= MAX_HANDLES) {
                    throw new WireException("the program gave out more than " + MAX_HANDLES + " objects");
                }
                known = stand(handle, type, interfaces);
                handles.put(number, known);
            }
            return known;
        }
    }

    /** Takes the stub of an object. */
    synchronized void made(Handle handle, Object stub) {
        handles.put(handle.number(), stub);
    }

    private Object stand(Handle handle, String type, List<String> interfaces) {
        if (!type.isEmpty()) {
            Class<?> found = stub(type);
            if (Stub.class.isAssignableFrom(found) && !Modifier.isAbstract(found.getModifiers())) {
                try {
                    Constructor<?> constructor = found.getDeclaredConstructor(Handle.class);
                    constructor.setAccessible(true);
                    return constructor.newInstance(handle);
                } catch (ReflectiveOperationException e) {
                    throw new WireException("an object of " + type + " cannot be stood for: " + e);
                }
            }
        }
        Set<Class<?>> types = new LinkedHashSet<>();
        for (String name : interfaces) {
            Class<?> found = REFUSED.contains(name) ? null : type(name);
            boolean usable = found != null
                    && found.isInterface()
                    && !found.isSealed()
                    && (trial.loader().isStub(found) || isPlatform(found));
            if (usable) {
                types.add(found);
            }
        }
        return Proxy.newProxyInstance(trial.loader(), types.toArray(Class<?>[]::new), new RemoteObject(trial, handle));
    }

    private Class<?> stub(String name) {
        Class<?> found = type(name);
        if (!trial.loader().isStub(found)) {
            throw new WireException("what the program sent cannot be read: an object of " + name);
        }
        return found;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private Object readEnum(String type, String name) {
        Class<?> found = stub(type);
        try {
            return Enum.valueOf((Class<? extends Enum>) found, name);
        } catch (IllegalArgumentException | ClassCastException e) {
            throw new WireException("what the program sent cannot be read: " + type + "." + name);
        }
    }

    private Object readRecord(ValueReader in) {
        Class<?> found = stub(in.readText());
        Object[] components = new Object[in.readCount(1)];
        for (int i = 0; i < components.length; i++) {
            components[i] = in.read();
        }
        try {
            Constructor<?> constructor = found.getDeclaredConstructor(Object[].class);
            constructor.setAccessible(true);
            return constructor.newInstance((Object) components);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new WireException("what the program sent cannot be read: a record of " + found.getName());
        }
    }

    private Object readThrowable(ValueReader in) {
        String type = in.readText();
        String message = in.read() instanceof String text ? text : null;
        Object cause = in.read();
        Throwable thrown = Throwables.make(type, message);
        if (cause instanceof Throwable inner && inner != thrown && thrown.getCause() == null) {
            try {
                thrown.initCause(inner);
            } catch (IllegalStateException e) {
                // It was made without one for good.
            }
        }
        return thrown;
    }

    private Object readStream(ValueReader in) {
        String type = in.readText();
        Object iterator = in.read();
        int order = Spliterator.ORDERED;
        try {
            return switch (type) {
                case "IntStream" ->
                    StreamSupport.intStream(
                            Spliterators.spliteratorUnknownSize((PrimitiveIterator.OfInt) iterator, order), false);
                case "LongStream" ->
                    StreamSupport.longStream(
                            Spliterators.spliteratorUnknownSize((PrimitiveIterator.OfLong) iterator, order), false);
                case "DoubleStream" ->
                    StreamSupport.doubleStream(
                            Spliterators.spliteratorUnknownSize((PrimitiveIterator.OfDouble) iterator, order), false);
                default ->
                    StreamSupport.stream(Spliterators.spliteratorUnknownSize((Iterator<?>) iterator, order), false);
            };
        } catch (ClassCastException e) {
            throw new WireException("what the program sent cannot be read: a stream without an iterator");
        }
    }

    @Override
    public Class<?> type(String name) {
        try {
            return Class.forName(name, false, trial.loader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new WireException("what the program sent cannot be read: a class " + name);
        }
    }

    @Override
    public boolean ordersItself(Object element) {
        return isPlatform(element.getClass()) || element instanceof Enum;
    }
}
