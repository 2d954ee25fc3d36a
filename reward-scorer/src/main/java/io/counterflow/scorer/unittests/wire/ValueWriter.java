package io.counterflow.scorer.unittests.wire;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
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

/** Writes a message. Not thread-safe. */
public final class ValueWriter {

    /** Longest message, in bytes. */
    public static final int MAX_BYTES = 32 << 20;

    private static final int MAX_DEPTH = 400;

    private final Foreign foreign;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    private final DataOutputStream out = new DataOutputStream(bytes);
    private final IdentityHashMap<Object, Integer> numbers = new IdentityHashMap<>();
    private final List<Object> containers = new ArrayList<>();
    private int depth;

    /** A writer that repeats {@code known} containers by their number. */
    public ValueWriter(Foreign foreign, List<Object> known) {
        this.foreign = foreign;
        known.forEach(this::number);
    }

    private void number(Object container) {
        numbers.put(container, containers.size());
        containers.add(container);
    }

    /** Those written so far, with those known before. */
    List<Object> containers() {
        return containers;
    }

    /** What was written. */
    public byte[] toBytes() {
        return bytes.toByteArray();
    }

    /** Writes a byte. */
    public void writeByte(int value) {
        bytes.write(value);
    }

    /** Writes four bytes. */
    public void writeInt(int value) {
        try {
            out.writeInt(value);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void writeLong(long value) {
        try {
            out.writeLong(value);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes bytes with their number. */
    public void writeBytes(byte[] value) {
        room(value.length);
        writeInt(value.length);
        bytes.write(value, 0, value.length);
    }

    /** Writes text, char by char: half a surrogate pair stays what it is. */
    public void writeText(String text) {
        boolean narrow = text.chars().allMatch(c -> c < 256);
        writeByte(narrow ? 0 : 1);
        writeBytes(text.getBytes(narrow ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_16BE));
        if (!narrow && text.chars().anyMatch(c -> Character.isSurrogate((char) c))) {
            // The encoder puts a question mark for half a pair.
            writeByte(1);
            ByteBuffer buffer = ByteBuffer.allocate(2 * text.length());
            text.chars().forEach(c -> buffer.putChar((char) c));
            writeBytes(buffer.array());
        } else if (!narrow) {
            writeByte(0);
        }
    }

    private void room(int more) {
        if (more > MAX_BYTES - bytes.size()) {
            throw new WireException("a value of more than " + (MAX_BYTES >> 20) + " MiB");
        }
    }

    /** Writes a value with its tag. */
    public void write(Object value) {
        room(16);
        if (value == null) {
            writeByte(Tag.NULL);
        } else if (value instanceof Boolean b) {
            writeByte(b ? Tag.TRUE : Tag.FALSE);
        } else if (value instanceof Integer i) {
            writeByte(Tag.INT);
            writeInt(i);
        } else if (value instanceof String text) {
            writeByte(Tag.STRING);
            writeText(text);
        } else if (value instanceof Long l) {
            writeByte(Tag.LONG);
            writeLong(l);
        } else if (value instanceof Double d) {
            writeByte(Tag.DOUBLE);
            writeLong(Double.doubleToRawLongBits(d));
        } else if (value instanceof Character c) {
            writeByte(Tag.CHAR);
            writeInt(c);
        } else if (value instanceof Byte b) {
            writeByte(Tag.BYTE);
            writeInt(b);
        } else if (value instanceof Short s) {
            writeByte(Tag.SHORT);
            writeInt(s);
        } else if (value instanceof Float f) {
            writeByte(Tag.FLOAT);
            writeInt(Float.floatToRawIntBits(f));
        } else if (numbers.containsKey(value)) {
            writeByte(Tag.REPEATED);
            writeInt(numbers.get(value));
        } else {
            if (++depth > MAX_DEPTH) {
                throw new WireException("a value that is nested more than " + MAX_DEPTH + " deep");
            }
            writeObject(value);
            depth--;
        }
    }

    private void writeObject(Object value) {
        Class<?> form;
        String kind;
        if (value instanceof Whole itself) {
            foreign.write(itself.object(), this);
        } else if (value instanceof BigInteger whole) {
            writeByte(Tag.BIG_INTEGER);
            writeBytes(whole.toByteArray());
        } else if (value instanceof BigDecimal decimal) {
            writeByte(Tag.BIG_DECIMAL);
            writeBytes(decimal.unscaledValue().toByteArray());
            writeInt(decimal.scale());
        } else if (value.getClass().isArray()) {
            writeByte(Tag.CONTAINER);
            writeText(value.getClass().getName());
            writeInt(Array.getLength(value));
            number(value);
            writeContent(value);
        } else if (value instanceof Optional<?> optional) {
            writeOptional('L', optional.isPresent() ? 1 : 0, optional.orElse(null));
        } else if (value instanceof OptionalInt optional) {
            writeOptional('I', optional.isPresent() ? 1 : 0, optional.orElse(0));
        } else if (value instanceof OptionalLong optional) {
            writeOptional('J', optional.isPresent() ? 1 : 0, optional.orElse(0));
        } else if (value instanceof OptionalDouble optional) {
            writeOptional('D', optional.isPresent() ? 1 : 0, optional.orElse(0));
        } else if ((form = Texts.formOf(value)) != null) {
            writeByte(Tag.TEXT);
            writeText(form.getName());
            writeText(Texts.write(form, value));
        } else if (value instanceof Class<?> type) {
            writeByte(Tag.CLASS);
            writeText(type.getName());
        } else if (value instanceof Enum<?> constant
                && constant.getDeclaringClass().getClassLoader() == null) {
            writeByte(Tag.JDK_ENUM);
            writeText(constant.getDeclaringClass().getName());
            writeText(constant.name());
        } else if (value instanceof Map.Entry<?, ?> entry && !(value instanceof Record)) {
            writeByte(Tag.ENTRY);
            write(entry.getKey());
            write(entry.getValue());
        } else if (!(value instanceof Kept) && (kind = Containers.kindOf(value)) != null) {
            writeByte(Tag.CONTAINER);
            writeText(kind);
            number(value);
            writeContent(value);
        } else {
            foreign.write(value, this);
        }
    }

    private void writeOptional(char kind, int present, Object value) {
        writeByte(Tag.OPTIONAL);
        writeByte(kind);
        writeByte(present);
        write(value);
    }

    /** Writes what a container holds. */
    void writeContent(Object container) {
        if (container instanceof int[] ints) {
            ByteBuffer buffer = ByteBuffer.allocate(check(4L * ints.length));
            buffer.asIntBuffer().put(ints);
            bytes.writeBytes(buffer.array());
        } else if (container instanceof long[] longs) {
            ByteBuffer buffer = ByteBuffer.allocate(check(8L * longs.length));
            buffer.asLongBuffer().put(longs);
            bytes.writeBytes(buffer.array());
        } else if (container instanceof double[] doubles) {
            ByteBuffer buffer = ByteBuffer.allocate(check(8L * doubles.length));
            buffer.asDoubleBuffer().put(doubles);
            bytes.writeBytes(buffer.array());
        } else if (container instanceof byte[] own) {
            check(own.length);
            bytes.writeBytes(own);
        } else if (container instanceof char[] chars) {
            ByteBuffer buffer = ByteBuffer.allocate(check(2L * chars.length));
            buffer.asCharBuffer().put(chars);
            bytes.writeBytes(buffer.array());
        } else if (container.getClass().isArray()) {
            for (int i = 0, n = Array.getLength(container); i < n; i++) {
                write(Array.get(container, i));
            }
        } else if (container instanceof Map<?, ?> map) {
            List<Object> flat = new ArrayList<>();
            map.forEach((key, value) -> {
                flat.add(key);
                flat.add(value);
                check(flat.size());
            });
            writeInt(flat.size());
            flat.forEach(this::write);
        } else if (container instanceof Collection<?> collection) {
            List<Object> elements = new ArrayList<>();
            for (Object element : Containers.elements(collection)) {
                elements.add(element);
                check(elements.size());
            }
            writeInt(elements.size());
            elements.forEach(this::write);
        } else if (container instanceof CharSequence) {
            write(container.toString());
        } else if (container instanceof AtomicInteger atomic) {
            write(atomic.get());
        } else if (container instanceof AtomicLong atomic) {
            write(atomic.get());
        } else if (container instanceof AtomicBoolean atomic) {
            write(atomic.get());
        } else if (container instanceof AtomicReference<?> atomic) {
            write(atomic.get());
        } else {
            throw new WireException("a " + container.getClass().getName() + " cannot cross");
        }
    }

    private int check(long more) {
        room((int) Math.min(more, Integer.MAX_VALUE));
        return (int) more;
    }
}
