package io.counterflow.cli.config;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 250ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d}, or ISO 8601 ({@code PT30S}). */
public final class Durations extends SimpleModule {

    private static final Pattern SHORT = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");
    private static final Map<String, Duration> UNITS = Map.of(
            "ms", Duration.ofMillis(1),
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1));

    /** A hundred years: milliseconds and nanoseconds of it fit a long. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    Durations() {
        addDeserializer(Duration.class, new Reader());
        addSerializer(Duration.class, new Writer());
    }

    /**
     * Reads one.
     *
     * @throws DateTimeParseException when it is written neither way
     */
    public static Duration parse(String text) {
        Matcher matcher = SHORT.matcher(text.trim());
        try {
            return matcher.matches()
                    ? UNITS.get(matcher.group(2)).multipliedBy(Long.parseLong(matcher.group(1)))
                    : Duration.parse(text.trim());
        } catch (ArithmeticException | NumberFormatException e) {
            throw new DateTimeParseException("longer than a duration can be", text, 0, e);
        }
    }

    static String format(Duration duration) {
        for (String unit : new String[] {"d", "h", "m", "s", "ms"}) {
            Duration one = UNITS.get(unit);
            if (!duration.isZero() && duration.equals(one.multipliedBy(duration.dividedBy(one)))) {
                return duration.dividedBy(one) + unit;
            }
        }
        return duration.isZero() ? "0s" : duration.toString();
    }

    private static final class Reader extends StdDeserializer<Duration> {
        private Reader() {
            super(Duration.class);
        }

        @Override
        public Duration deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            String text = parser.getText();
            try {
                Duration read = parse(text);
                if (read.compareTo(LONGEST) > 0 || read.isNegative()) {
                    throw JsonMappingException.from(
                            parser, "a duration of " + text + " is out of reason; it must be from 0s to 36500d");
                }
                return read;
            } catch (DateTimeParseException e) {
                return (Duration) context.handleWeirdStringValue(
                        Duration.class, text, "a duration; write it like 250ms, 30s, 5m, 2h or 7d");
            }
        }
    }

    private static final class Writer extends StdSerializer<Duration> {
        private Writer() {
            super(Duration.class);
        }

        @Override
        public void serialize(Duration value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(format(value));
        }
    }
}
