package io.counterflow.model.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Element types of a safetensors file, in the order of the reference implementation, which sorts tensors by it.
 *
 * <p>Floating-point types convert to and from {@code float}; narrowing rounds to nearest, ties to even, as PyTorch does.
 */
public enum TensorType {
    BOOL(1, false),
    U8(1, false),
    I8(1, false),
    I16(2, false),
    U16(2, false),
    F16(2, true),
    BF16(2, true),
    I32(4, false),
    U32(4, false),
    F32(4, true),
    F64(8, true),
    I64(8, false),
    U64(8, false);

    private final int bytes;
    private final boolean floating;

    TensorType(int bytes, boolean floating) {
        this.bytes = bytes;
        this.floating = floating;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether elements are floating-point numbers, so that {@link #widen} and {@link #narrow} apply. */
    public boolean isFloating() {
        return floating;
    }

    /** The type of that name in a safetensors header, such as {@code BF16}. */
    public static Optional<TensorType> ofName(String name) {
        return Arrays.stream(values()).filter(t -> t.name().equals(name)).findFirst();
    }

    /**
     * The type that PyTorch calls {@code float32}, {@code float16}, {@code bfloat16} or {@code float64}, with or without
     * the prefix {@code torch.}.
     */
    public static Optional<TensorType> ofTorchName(String name) {
        String plain = name.startsWith("torch.") ? name.substring("torch.".length()) : name;
        return switch (plain.toLowerCase(Locale.ROOT)) {
            case "float32", "float" -> Optional.of(F32);
            case "float16", "half" -> Optional.of(F16);
            case "bfloat16" -> Optional.of(BF16);
            case "float64", "double" -> Optional.of(F64);
            default -> Optional.empty();
        };
    }

    /** PyTorch's name of a floating-point type, as config.json has it. */
    public String torchName() {
        return switch (this) {
            case F32 -> "float32";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            case F64 -> "float64";
            default -> throw new IllegalStateException(this + " is not a floating-point type");
        };
    }

    static String names() {
        return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
    }

    /**
     * Reads elements as {@code float}; exact for F16, BF16 and F32, rounded for F64.
     *
     * @param source little-endian elements, read from its position on
     * @throws SafetensorsException if one is finite, but too large for a float
     */
    void widen(ByteBuffer source, float[] target, int offset, int count) {
        ByteBuffer elements = source.order(ByteOrder.LITTLE_ENDIAN);
        switch (this) {
            case F32 -> elements.asFloatBuffer().get(target, offset, count);
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    double element = elements.getDouble();
                    target[offset + i] = (float) element;
                    if (Float.isInfinite(target[offset + i]) && !Double.isInfinite(element)) {
                        throw new SafetensorsException(
                                "it holds %s, which float32, in which weights are computed, cannot hold"
                                        .formatted(element));
                    }
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = Float.intBitsToFloat(elements.getShort() << 16);
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    target[offset + i] = HalfPrecision.float16ToFloat(elements.getShort());
                }
            }
            default -> throw new IllegalStateException(this + " is not a floating-point type");
        }
    }

    /** The largest magnitude that {@link #narrow} does not round to infinity. */
    float largest() {
        return switch (this) {
            case F16 -> Math.nextDown(65520f);
            case BF16 -> Math.nextDown(Float.intBitsToFloat(0x7f7f8000));
            default -> Float.MAX_VALUE;
        };
    }

    /** Writes elements at the target's position, little-endian; the target must have room. */
    void narrow(float[] source, int offset, int count, ByteBuffer target) {
        ByteBuffer elements = target.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = offset; i < offset + count; i++) {
            switch (this) {
                case F32 -> elements.putFloat(source[i]);
                case F64 -> elements.putDouble(source[i]);
                case BF16 -> elements.putShort(HalfPrecision.floatToBfloat16(source[i]));
                case F16 -> elements.putShort(HalfPrecision.floatToFloat16(source[i]));
                default -> throw new IllegalStateException(this + " is not a floating-point type");
            }
        }
    }
}
