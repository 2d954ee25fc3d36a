package io.counterflow.scorer.unittests.wire;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Reads a message that {@link ValueWriter} wrote, or that somebody says it wrote: whatever is wrong with it is a {@link
 * WireException}. Not thread-safe.
 */
public final class ValueReader {

    private static final int MAX_DEPTH = 400;

    private final Foreign foreign;
    private final ByteBuffer in;
    private final List<Object> containers;
    private int depth;

    /** A reader that knows {@code known} containers by their number. */
    public ValueReader(Foreign foreign, ByteBuffer in, List<Object> known) {
        this.foreign = foreign;
        this.in = in;
        this.containers = new ArrayList<>(known);
    }

    /** Those read so far, with those known before. */
    List<Object> containers() {
        return containers;
    }

    static WireException bad(String what) {
        return new WireException("what the program sent cannot be read: " + what);
    }

    /** Reads a byte. */
    public byte readByte() {
        try {
            return in.get();
        } catch (BufferUnderflowException e) {
            throw bad("it ends too early");
        }
    }

    /** Reads four bytes. */
    public int readInt() {
        try {
            return in.getInt();
        } catch (BufferUnderflowException e) {
            throw bad("it ends too early");
        }
    }

    private long readLong() {
        try {
            return in.getLong();
        } catch (BufferUnderflowException e) {
            throw bad("it ends too early");
        }
    }

    /** Reads how many follow, each of at least {@code size} bytes. */
    public int readCount(int size) {
        int count = readInt();
        if (count < 0 || (long) count * size > in.remaining()) {
            throw bad("it says that " + count + " follow");
        }
        return count;
    }

    /** Reads bytes. */
    public byte[] readBytes() {
        byte[] bytes = new byte[readCount(1)];
        in.get(bytes);
        return bytes;
    }

    /** Reads text. */
    public String readText() {
        boolean narrow = readByte() == 0;
        byte[] bytes = readBytes();
        if (narrow) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        if (readByte() == 0) {
            return new String(bytes, StandardCharsets.UTF_16BE);
        }
        bytes = readBytes();
        char[] chars = new char[bytes.length / 2];
        ByteBuffer.wrap(bytes).asCharBuffer().get(chars);
        return new String(chars);
    }

    /** Reads a value. */
    public Object read() {
        byte tag = readByte();
        switch (tag) {
            case Tag.NULL:
                return null;
            case Tag.TRUE:
                return true;
            case Tag.FALSE:
                return false;
            case Tag.BYTE:
                return (byte) readInt();
            case Tag.SHORT:
                return (short) readInt();
            case Tag.CHAR:
                return (char) readInt();
            case Tag.INT:
                return readInt();
            case Tag.LONG:
                return readLong();
            case Tag.FLOAT:
                return Float.intBitsToFloat(readInt());
            case Tag.DOUBLE:
                return Double.longBitsToDouble(readLong());
            case Tag.STRING:
                return foreign == null ? readText() : foreign.text(readText());
            default:
        }
        if (++depth > MAX_DEPTH) {
            throw bad("it is nested more than " + MAX_DEPTH + " deep");
        }
        try {
            return readObject(tag);
        } finally {
            depth--;
        }
    }

    private Object readObject(byte tag) {
        return switch (tag) {
            case Tag.BIG_INTEGER -> number();
            case Tag.BIG_DECIMAL -> new BigDecimal(number(), readInt());
            case Tag.TEXT -> Texts.read(readText(), readText());
            case Tag.OPTIONAL -> readOptional();
            case Tag.ENTRY -> Containers.entry(read(), read());
            case Tag.JDK_ENUM -> constant(readText(), readText());
            case Tag.CLASS -> foreign.type(readText());
            case Tag.REPEATED -> {
                int number = readInt();
                if (number < 0 || number >= containers.size()) {
                    throw bad("it repeats a container that is not there");
                }
                yield containers.get(number);
            }
            case Tag.CONTAINER -> readContainer(readText());
            default -> foreign.read(tag, this);
        };
    }

    private BigInteger number() {
        byte[] bytes = readBytes();
        if (bytes.length == 0) {
            throw bad("a number without digits");
        }
        return new BigInteger(bytes);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object constant(String type, String name) {
        try {
            Class<?> found = Class.forName(type, false, null);
            if (Enum.class.isAssignableFrom(found)) {
                return Enum.valueOf((Class<? extends Enum>) found, name);
            }
        } catch (ClassNotFoundException | IllegalArgumentException e) {
            // Said below.
        }
        throw bad("there is no " + type + "." + name);
    }

    private Object readOptional() {
        byte kind = readByte();
        boolean present = readByte() == 1;
        Object value = read();
        try {
            return switch (kind) {
                case 'I' -> present ? OptionalInt.of((Integer) value) : OptionalInt.empty();
                case 'J' -> present ? OptionalLong.of((Long) value) : OptionalLong.empty();
                case 'D' -> present ? OptionalDouble.of((Double) value) : OptionalDouble.empty();
                default -> present ? Optional.of(value) : Optional.empty();
            };
        } catch (ClassCastException | NullPointerException e) {
            throw bad("an optional value of another type");
        }
    }

    private Object readContainer(String kind) {
        if (kind.startsWith("[")) {
            int length = readInt();
            Class<?> type = foreign.type(kind).getComponentType();
            int size =
                    type == int.class || type == float.class ? 4 : type == long.class || type == double.class ? 8 : 1;
            if (length < 0 || (long) length * size > in.remaining()) {
                throw bad("an array of " + length);
            }
            Object array = Array.newInstance(type, length);
            containers.add(array);
            fill(array);
            return array;
        }
        switch (kind) {
            case Containers.FIXED:
            case Containers.IMMUTABLE_LIST:
            case Containers.IMMUTABLE_SET:
            case Containers.IMMUTABLE_MAP:
                int place = containers.size();
                containers.add(null);
                Object made = unchangeable(kind);
                containers.set(place, made);
                return made;
            default:
                Object container = Containers.make(kind);
                place = containers.size();
                containers.add(container);
                if (Containers.ordered(kind)) {
                    container = OrderedContainers.of(container, elements(), foreign);
                    containers.set(place, container);
                } else {
                    fill(container);
                }
                return container;
        }
    }

    private List<Object> elements() {
        int count = readCount(1);
        List<Object> elements = new ArrayList<>(Math.min(count, 1 << 16));
        for (int i = 0; i < count; i++) {
            elements.add(read());
        }
        return elements;
    }

    private Object unchangeable(String kind) {
        List<Object> elements = elements();
        return switch (kind) {
            case Containers.FIXED -> Arrays.asList(elements.toArray());
            case Containers.IMMUTABLE_LIST ->
                elements.contains(null) ? Collections.unmodifiableList(elements) : List.copyOf(elements);
            case Containers.IMMUTABLE_SET -> Collections.unmodifiableSet(new LinkedHashSet<>(elements));
            default -> Collections.unmodifiableMap(map(elements, new LinkedHashMap<>()));
        };
    }

    static Map<Object, Object> map(List<Object> flat, Map<Object, Object> into) {
        if (flat.size() % 2 != 0) {
            throw bad("a map with a key too much");
        }
        try {
            for (int i = 0; i < flat.size(); i += 2) {
                into.put(flat.get(i), flat.get(i + 1));
            }
            return into;
        } catch (ClassCastException | NullPointerException e) {
            throw bad("a key or value that its map does not take");
        }
    }

    /**
     * Fills a container anew with what follows; one that was filled before changes in place.
     *
     * @throws WireException where it cannot hold that
     */
    @SuppressWarnings("unchecked")
    void fill(Object container) {
        try {
            if (container instanceof int[] ints) {
                skip(4L * ints.length, b -> b.asIntBuffer().get(ints));
            } else if (container instanceof long[] longs) {
                skip(8L * longs.length, b -> b.asLongBuffer().get(longs));
            } else if (container instanceof double[] doubles) {
                skip(8L * doubles.length, b -> b.asDoubleBuffer().get(doubles));
            } else if (container instanceof byte[] own) {
                skip(own.length, b -> b.get(own));
            } else if (container instanceof char[] chars) {
                skip(2L * chars.length, b -> b.asCharBuffer().get(chars));
            } else if (container.getClass().isArray()) {
                for (int i = 0, n = Array.getLength(container); i < n; i++) {
                    Array.set(container, i, read());
                }
            } else if (container instanceof Map<?, ?> map) {
                List<Object> flat = elements();
                map.clear();
                map(flat, (Map<Object, Object>) map);
            } else if (container instanceof Collection<?> collection) {
                refill((Collection<Object>) collection, elements());
            } else if (container instanceof StringBuilder builder) {
                builder.replace(0, builder.length(), (String) read());
            } else if (container instanceof StringBuffer buffer) {
                buffer.replace(0, buffer.length(), (String) read());
            } else if (container instanceof AtomicInteger atomic) {
                atomic.set((Integer) read());
            } else if (container instanceof AtomicLong atomic) {
                atomic.set((Long) read());
            } else if (container instanceof AtomicBoolean atomic) {
                atomic.set((Boolean) read());
            } else {
                ((AtomicReference<Object>) container).set(read());
            }
        } catch (ClassCastException
                | NullPointerException
                | IllegalArgumentException
                | IllegalStateException
                | UnsupportedOperationException e) {
            throw bad("an element that its container does not take");
        }
    }

    private static void refill(Collection<Object> collection, List<Object> elements) {
        if (collection instanceof List<Object> list && list.size() == elements.size()) {
            // The one change that Arrays.asList takes.
            for (int i = 0; i < elements.size(); i++) {
                if (list.get(i) != elements.get(i)) {
                    list.set(i, elements.get(i));
                }
            }
        } else {
            collection.clear();
            collection.addAll(elements);
        }
    }

    private void skip(long bytes, java.util.function.Consumer<ByteBuffer> read) {
        if (bytes > in.remaining()) {
            throw bad("it ends too early");
        }
        read.accept(in.slice());
        in.position(in.position() + (int) bytes);
    }

    /** Whether all was read. */
    public boolean atEnd() {
        return !in.hasRemaining();
    }
}
