package io.counterflow.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfPrecisionTest {
    @Test
    void everyFloat16SurvivesTheWayThroughFloat() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float wide = HalfPrecision.float16ToFloat((short) bits);
            assertThat(HalfPrecision.floatToFloat16(wide)).as("%04x", bits).isEqualTo((short) bits);
        }
    }

    @Test
    void everyBfloat16SurvivesTheWayThroughFloat() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float wide = Float.intBitsToFloat(bits << 16);
            assertThat(HalfPrecision.floatToBfloat16(wide)).as("%04x", bits).isEqualTo((short) bits);
        }
    }

    @Test
    void float16RoundsToTheNearestAndTiesToEven() {
        assertThat(float16(1 + 0x1p-11f)).isEqualTo(0x3c00);
        assertThat(float16(1 + 0x1p-11f + 0x1p-20f)).isEqualTo(0x3c01);
        assertThat(float16(1 + 3 * 0x1p-11f)).isEqualTo(0x3c02);
        assertThat(float16(65504)).isEqualTo(0x7bff);
        assertThat(float16(65519.996f)).isEqualTo(0x7bff);
        assertThat(float16(65520)).isEqualTo(0x7c00);
        assertThat(float16(-1e30f)).isEqualTo(0xfc00);
        assertThat(float16(0x1p-24f)).isEqualTo(0x0001);
        assertThat(float16(0x1p-25f)).isEqualTo(0x0000);
        assertThat(float16(0x1.000002p-25f)).isEqualTo(0x0001);
        assertThat(float16(0x1.ffcp-15f + 0x1p-25f)).isEqualTo(0x0400);
        assertThat(float16(-0f)).isEqualTo(0x8000);
        assertThat(Float.isNaN(HalfPrecision.float16ToFloat((short) float16(Float.intBitsToFloat(0x7f800001)))))
                .isTrue();
    }

    @Test
    void bfloat16RoundsToTheNearestAndTiesToEven() {
        assertThat(bfloat16(Float.intBitsToFloat(0x3f808000))).isEqualTo(0x3f80);
        assertThat(bfloat16(Float.intBitsToFloat(0x3f818000))).isEqualTo(0x3f82);
        assertThat(bfloat16(Float.intBitsToFloat(0x3f808001))).isEqualTo(0x3f81);
        assertThat(bfloat16(Float.MAX_VALUE)).isEqualTo(0x7f80);
        assertThat(Float.isNaN(Float.intBitsToFloat(bfloat16(Float.intBitsToFloat(0x7f800001)) << 16)))
                .isTrue();
    }

    private static int float16(float value) {
        return HalfPrecision.floatToFloat16(value) & 0xffff;
    }

    private static int bfloat16(float value) {
        return HalfPrecision.floatToBfloat16(value) & 0xffff;
    }
}
