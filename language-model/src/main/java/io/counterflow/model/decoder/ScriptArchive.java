package io.counterflow.model.decoder;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs TorchScript source into the archive that libtorch loads: an uncompressed zip of the source text, and of a pickle that
 * makes one object of its class. No Python takes part.
 *
 * <p>The format is PyTorch's (torch/csrc/jit/docs/serialization.md). The object's attributes are what the source declares after
 * {@code training : bool}; their values come from Java.
 */
final class ScriptArchive {
    // Operators of the newest schema; "3" and below would select historic ones (a gelu without approximation, for
    // example).
    private static final String FORMAT_VERSION = "10\n";

    private ScriptArchive() {}

    /**
     * @param className the class in {@code source}
     * @param attributes values of type Long, Double, Boolean, or a list of Long or Double that is not empty
     */
    static byte[] of(String className, String source, Map<String, Object> attributes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            store(zip, "m/data.pkl", pickle(className, attributes));
            store(zip, "m/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            store(zip, "m/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            store(zip, "m/version", FORMAT_VERSION.getBytes(StandardCharsets.US_ASCII));
            store(zip, "m/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static List<Long> integers(List<Integer> values) {
        return values.stream().map(Integer::longValue).toList();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTime(0);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    /** Pickle, protocol 2: {@code className.__new__()} with a dictionary of attributes as its state. */
    private static byte[] pickle(String className, Map<String, Object> attributes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x80, 2}); // PROTO
        global(out, "__torch__", className);
        out.write(')'); // EMPTY_TUPLE
        out.write(0x81); // NEWOBJ
        out.write('}'); // EMPTY_DICT
        out.write('('); // MARK
        text(out, "training");
        out.write(0x88);
        for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
            text(out, attribute.getKey());
            value(out, attribute.getValue());
        }
        out.write('u'); // SETITEMS
        out.write('b'); // BUILD
        out.write('.'); // STOP
        return out.toByteArray();
    }

    private static void value(ByteArrayOutputStream out, Object value) throws IOException {
        if (value instanceof Boolean flag) {
            out.write(flag ? 0x88 : 0x89); // NEWTRUE, NEWFALSE
        } else if (value instanceof Long number) {
            integer(out, number);
        } else if (value instanceof Double number) {
            out.write('G'); // BINFLOAT
            out.write(ByteBuffer.allocate(8).putDouble(number).array());
        } else if (value instanceof List<?> numbers) {
            global(out, "torch.jit._pickle", numbers.get(0) instanceof Long ? "build_intlist" : "build_doublelist");
            out.write(']'); // EMPTY_LIST
            out.write('(');
            for (Object number : numbers) {
                value(out, number);
            }
            out.write('e'); // APPENDS
            out.write(0x85); // TUPLE1
            out.write('R'); // REDUCE
        } else {
            throw new IllegalArgumentException("No pickle for " + value);
        }
    }

    private static void integer(ByteArrayOutputStream out, long number) throws IOException {
        out.write('J'); // BININT
        out.write(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Math.toIntExact(number))
                .array());
    }

    private static void text(ByteArrayOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write('X'); // BINUNICODE
        out.write(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(utf8.length)
                .array());
        out.write(utf8);
    }

    private static void global(ByteArrayOutputStream out, String module, String name) throws IOException {
        out.write(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }
}
