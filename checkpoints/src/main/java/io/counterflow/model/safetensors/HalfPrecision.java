package io.counterflow.model.safetensors;

/** The two 16-bit floating-point formats: IEEE 754 binary16, and bfloat16, the upper half of binary32. */
final class HalfPrecision {
    private HalfPrecision() {}

    static float float16ToFloat(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = (bits >>> 10) & 0x1f;
        int mantissa = bits & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | mantissa << 13);
        }
        if (exponent == 0) {
            float magnitude = mantissa * 0x1p-24f;
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude));
        }
        return Float.intBitsToFloat(sign | (exponent + 112) << 23 | mantissa << 13);
    }

    static short floatToFloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > 0x7f800000) {
            // A payload that lives in the lower bits alone must not turn the NaN into an infinity.
            return (short) (sign | 0x7c00 | Math.max(magnitude >>> 13 & 0x3ff, 1));
        }
        if (magnitude >= 0x477ff000) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x38800000) {
            // Subnormal: a multiple of 2^-24, and Math.rint rounds ties to even.
            return (short) (sign | (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24));
        }
        int rebased = magnitude - (112 << 23);
        return (short) (sign | (rebased + 0xfff + (rebased >>> 13 & 1)) >>> 13);
    }

    static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7fffffff) > 0x7f800000) {
            int upper = bits >>> 16;
            return (short) ((upper & 0x7f) == 0 ? upper | 1 : upper);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
