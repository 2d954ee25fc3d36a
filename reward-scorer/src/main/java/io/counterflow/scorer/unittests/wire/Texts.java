package io.counterflow.scorer.unittests.wire;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.BitSet;
import java.util.Currency;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/** JDK values that cross as a text. */
final class Texts {

    private record Form(Function<Object, String> write, Function<String, Object> read) {}

    private static final Map<Class<?>, Form> FORMS = new LinkedHashMap<>();

    static {
        parsed(LocalDate.class, LocalDate::parse);
        parsed(LocalTime.class, LocalTime::parse);
        parsed(LocalDateTime.class, LocalDateTime::parse);
        parsed(ZonedDateTime.class, ZonedDateTime::parse);
        parsed(OffsetDateTime.class, OffsetDateTime::parse);
        parsed(OffsetTime.class, OffsetTime::parse);
        parsed(Instant.class, Instant::parse);
        parsed(Duration.class, Duration::parse);
        parsed(Period.class, Period::parse);
        parsed(Year.class, Year::parse);
        parsed(YearMonth.class, YearMonth::parse);
        parsed(MonthDay.class, MonthDay::parse);
        parsed(UUID.class, UUID::fromString);
        parsed(Currency.class, Currency::getInstance);
        FORMS.put(Locale.class, new Form(l -> ((Locale) l).toLanguageTag(), Locale::forLanguageTag));
        FORMS.put(
                Date.class, new Form(d -> Long.toString(((Date) d).getTime()), text -> new Date(Long.parseLong(text))));
        FORMS.put(BitSet.class, new Form(Texts::bits, Texts::bitSet));
        FORMS.put(ZoneId.class, new Form(z -> ((ZoneId) z).getId(), ZoneId::of));
    }

    private Texts() {}

    private static void parsed(Class<?> type, Function<String, Object> read) {
        FORMS.put(type, new Form(Object::toString, read));
    }

    /** The form of a value, by the class that stands for it; null when it has none. */
    static Class<?> formOf(Object value) {
        if (value instanceof ZoneId) {
            return ZoneId.class;
        }
        return FORMS.containsKey(value.getClass()) ? value.getClass() : null;
    }

    static String write(Class<?> form, Object value) {
        return FORMS.get(form).write.apply(value);
    }

    static Object read(String form, String text) {
        for (Map.Entry<Class<?>, Form> each : FORMS.entrySet()) {
            if (each.getKey().getName().equals(form)) {
                try {
                    return each.getValue().read.apply(text);
                } catch (RuntimeException e) {
                    throw new WireException("a " + form + " that cannot be read");
                }
            }
        }
        throw new WireException("a value of unknown form " + form);
    }

    private static String bits(Object value) {
        StringBuilder text = new StringBuilder();
        for (long word : ((BitSet) value).toLongArray()) {
            text.append(word).append(' ');
        }
        return text.toString();
    }

    private static Object bitSet(String text) {
        return BitSet.valueOf(
                text.isBlank()
                        ? new long[0]
                        : java.util.Arrays.stream(text.trim().split(" "))
                                .mapToLong(Long::parseLong)
                                .toArray());
    }
}
