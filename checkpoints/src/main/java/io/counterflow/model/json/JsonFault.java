package io.counterflow.model.json;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.regex.Pattern;

/** What is wrong with a JSON text, in one line. */
public final class JsonFault {
    /** What the parser says to programmers: its options, its classes, and places that it says again. */
    private static final Pattern ASIDES = Pattern.compile(
            ": enable `.*| \\(bound as .*| \\(start marker at .*| \\(for Object starting at .*|\\R.*", Pattern.DOTALL);

    private JsonFault() {}

    /** The fault and where it is, such as {@code Unexpected end-of-input (line 3, column 7)}. */
    public static String describe(JsonProcessingException fault) {
        String what = ASIDES.matcher(fault.getOriginalMessage()).replaceFirst("");
        JsonLocation place = fault.getLocation();
        return place == null || place.getLineNr() < 1
                ? what
                : "%s (line %d, column %d)".formatted(what, place.getLineNr(), place.getColumnNr());
    }
}
