package io.counterflow.scorer.unittests.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ValuesTest {

    private static final Foreign NOTHING = new Foreign() {
        @Override
        public void write(Object object, ValueWriter out) {
            throw new WireException("no value: " + object.getClass());
        }

        @Override
        public Object read(byte tag, ValueReader in) {
            throw new WireException("no value of kind " + tag);
        }

        @Override
        public Class<?> type(String name) {
            try {
                return Class.forName(name, false, null);
            } catch (ClassNotFoundException e) {
                throw new WireException("no class " + name);
            }
        }

        @Override
        public boolean ordersItself(Object element) {
            return true;
        }
    };

    private static byte[] written(Object value) {
        ValueWriter out = new ValueWriter(NOTHING, List.of());
        out.write(value);
        return out.toBytes();
    }

    private static Object crossed(Object value) {
        ValueReader in = new ValueReader(NOTHING, ByteBuffer.wrap(written(value)), List.of());
        Object read = in.read();
        assertThat(in.atEnd()).isTrue();
        return read;
    }

    @Test
    void valuesArriveAsTheyWereSent() {
        for (Object value : List.of(
                true,
                (byte) -1,
                (short) 7,
                'ä',
                42,
                1L << 40,
                0.1f,
                Double.NaN,
                -0.0,
                "ä\ud83d",
                "",
                BigInteger.TEN.pow(40),
                new BigDecimal("1.10"),
                LocalDate.of(2024, 2, 29),
                Optional.of(List.of(1)),
                OptionalInt.empty(),
                Thread.State.NEW,
                Set.of(1, 2),
                Map.of("a", List.of()),
                new TreeMap<>(Map.of(2, 'x', 1, 'y')))) {
            assertThat(crossed(value)).isEqualTo(value);
        }
        assertThat(crossed(null)).isNull();
        assertThat((int[][]) crossed(new int[][] {{1}, {}, null})).isDeepEqualTo(new int[][] {{1}, {}, null});
        assertThat((String[]) crossed(new String[] {"a", null})).containsExactly("a", null);
        assertThat(crossed(new ArrayDeque<>(List.of(1, 2)))).isInstanceOf(ArrayDeque.class);
        assertThat(crossed(Arrays.asList(1, null))).isEqualTo(Arrays.asList(1, null));
    }

    @Test
    void whatIsTheSameStaysTheSame() {
        List<Object> inner = new ArrayList<>();
        List<Object> outer = new ArrayList<>(List.of(inner, inner));
        outer.add(outer);
        List<?> read = (List<?>) crossed(outer);
        assertThat(read.get(0)).isSameAs(read.get(1));
        assertThat(read.get(2)).isSameAs(read);
    }

    @Test
    void aSubclassArrivesAsWhatItHoldsAndAComparisonStaysBehind() {
        List<Integer> liar = new ArrayList<>(List.of(1)) {
            @Override
            public boolean equals(Object other) {
                return true;
            }
        };
        assertThat(crossed(liar).getClass()).isEqualTo(ArrayList.class);
        Set<Integer> all = new TreeSet<>((unused1, unused2) -> 0);
        all.add(1);
        assertThat(((Set<?>) crossed(all)).contains(2)).isFalse();
        Map<Integer, String> backwards = new TreeMap<>(Collections.reverseOrder());
        backwards.putAll(Map.of(1, "a", 3, "c", 2, "b"));
        assertThat(((Map<?, ?>) crossed(backwards)).keySet()).hasToString("[3, 2, 1]");
    }

    @Test
    void whatIsTooDeepOrTooLongDoesNotCross() {
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            deep = new ArrayList<>(List.of(deep));
        }
        List<Object> tooDeep = deep;
        assertThatThrownBy(() -> written(tooDeep)).isInstanceOf(WireException.class);
        assertThatThrownBy(() -> written(Collections.nCopies(Integer.MAX_VALUE, 1L)))
                .isInstanceOf(WireException.class);
    }

    @Test
    void brokenBytesAreAWireExceptionAndNothingElse() {
        Map<Object, Object> value =
                new HashMap<>(Map.of("k", new ArrayList<>(List.of(1, "two", 3.0)), 2L, new int[] {1, 2}));
        byte[] right =
                written(List.of(value, Optional.of("x"), new TreeSet<>(Set.of("b", "a")), new BigDecimal("3.5")));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] broken = right.clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            }
            ByteBuffer bytes = ByteBuffer.wrap(broken, 0, 1 + random.nextInt(broken.length));
            try {
                new ValueReader(NOTHING, bytes, List.of()).read();
            } catch (WireException e) {
                // As it should be.
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + i, e);
            }
        }
    }
}
