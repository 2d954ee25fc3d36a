package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.scorer.unittests.TestResult.Status;
import io.counterflow.scorer.unittests.Tests.Call;
import io.counterflow.scorer.unittests.Tests.Case;
import io.counterflow.scorer.unittests.Tests.InputOutput;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Holds what a program answered against what its case expects, outside of every sandbox. Output is compared as the judges of
 * competitions do: white space at the ends of lines and empty lines at the end mean nothing.
 */
final class CaseJudge {

    private static final int SHOWN = 300;
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

    private CaseJudge() {}

    /** The result of a case. {@code index} counts from 0. */
    static TestResult judge(int index, Case expected, Answer answer) {
        String name = "case " + (index + 1);
        if (answer instanceof Answer.None none) {
            return new TestResult(name, none.status(), none.message(), "", "", none.time());
        }
        if (answer instanceof Answer.Threw threw) {
            boolean meant = expected instanceof Call call
                    && call.raises().filter(threw.type()::equals).isPresent();
            String message = threw.type() + (threw.message().isEmpty() ? "" : ": " + threw.message());
            return result(name, meant, message, threw.stdout(), threw.stderr(), threw.time());
        }
        if (answer instanceof Answer.Wrote wrote && expected instanceof InputOutput io) {
            boolean same = sameOutput(io.stdout(), wrote.stdout(), io.tolerance());
            String message = "expected " + shown(io.stdout()) + " and got " + shown(wrote.stdout());
            return result(name, same, message, "", wrote.stderr(), wrote.time());
        }
        if (answer instanceof Answer.Returned returned && expected instanceof Call call) {
            if (call.raises().isPresent()) {
                String message = "expected " + call.raises().get() + " and got "
                        + shown(returned.value().toString());
                return result(name, false, message, "", "", returned.time());
            }
            JsonNode wanted = call.expected().orElseThrow();
            // Of a set nobody knows whether the order would have been right.
            boolean orderless = returned.unordered() && wanted.size() > 1 && !call.unordered();
            boolean same = call.unordered()
                    ? sameMembers(wanted, returned.value(), call.tolerance())
                    : !orderless && same(wanted, returned.value(), call.tolerance());
            String message = "expected " + shown(wanted.toString()) + " and got "
                    + shown(returned.value().toString())
                    + (orderless ? ", a set, which has no order (the case is not 'unordered')" : "");
            return result(name, same, message, "", "", returned.time());
        }
        throw new IllegalArgumentException("a case " + expected + " cannot be answered by " + answer);
    }

    private static TestResult result(
            String name, boolean passed, String message, String stdout, String stderr, Duration time) {
        return new TestResult(
                name, passed ? Status.PASSED : Status.FAILED, passed ? "" : message, stdout, stderr, time);
    }

    static boolean sameOutput(String expected, String actual, double tolerance) {
        List<String> wanted = lines(expected);
        List<String> given = lines(actual);
        if (wanted.equals(given)) {
            return true;
        }
        if (tolerance == 0 || wanted.size() != given.size()) {
            return false;
        }
        for (int i = 0; i < wanted.size(); i++) {
            String[] left = wanted.get(i).strip().split("\\s+");
            String[] right = given.get(i).strip().split("\\s+");
            if (left.length != right.length) {
                return false;
            }
            for (int j = 0; j < left.length; j++) {
                if (!left[j].equals(right[j]) && !closeNumbers(left[j], right[j], tolerance)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean closeNumbers(String left, String right, double tolerance) {
        if (!NUMBER.matcher(left).matches() || !NUMBER.matcher(right).matches()) {
            return false;
        }
        double wanted = Double.parseDouble(left);
        double given = Double.parseDouble(right);
        // Whatever is written too large for a number is near everything.
        return Double.isFinite(wanted) && Double.isFinite(given) && close(wanted, given, tolerance);
    }

    private static List<String> lines(String text) {
        List<String> lines =
                new ArrayList<>(text.lines().map(String::stripTrailing).toList());
        while (!lines.isEmpty() && lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
        return lines;
    }

    static boolean same(JsonNode expected, JsonNode actual, double tolerance) {
        if (expected.isNumber() && actual.isNumber()) {
            return sameNumbers(expected, actual, tolerance);
        }
        if (expected.isArray() && actual.isArray()) {
            if (expected.size() != actual.size()) {
                return false;
            }
            for (int i = 0; i < expected.size(); i++) {
                if (!same(expected.get(i), actual.get(i), tolerance)) {
                    return false;
                }
            }
            return true;
        }
        if (expected.isObject() && actual.isObject()) {
            if (expected.size() != actual.size()) {
                return false;
            }
            for (Map.Entry<String, JsonNode> field : expected.properties()) {
                JsonNode other = actual.get(field.getKey());
                if (other == null || !same(field.getValue(), other, tolerance)) {
                    return false;
                }
            }
            return true;
        }
        return expected.equals(actual);
    }

    private static boolean sameNumbers(JsonNode expected, JsonNode actual, double tolerance) {
        if (expected.isIntegralNumber() && actual.isIntegralNumber()) {
            return expected.bigIntegerValue().equals(actual.bigIntegerValue());
        }
        double left = expected.asDouble();
        double right = actual.asDouble();
        if (Double.isFinite(left) && Double.isFinite(right)) {
            return close(left, right, tolerance)
                    || new BigDecimal(expected.asText()).compareTo(new BigDecimal(actual.asText())) == 0;
        }
        return Double.compare(left, right) == 0;
    }

    private static boolean close(double left, double right, double tolerance) {
        return left == right
                || Math.abs(left - right) <= tolerance * Math.max(1, Math.max(Math.abs(left), Math.abs(right)));
    }

    private static boolean sameMembers(JsonNode expected, JsonNode actual, double tolerance) {
        if (!expected.isArray() || !actual.isArray()) {
            return same(expected, actual, tolerance);
        }
        if (expected.size() != actual.size()) {
            return false;
        }
        List<JsonNode> left = new ArrayList<>();
        actual.forEach(left::add);
        for (JsonNode wanted : expected) {
            int at = 0;
            while (at < left.size() && !same(wanted, left.get(at), tolerance)) {
                at++;
            }
            if (at == left.size()) {
                return false;
            }
            left.remove(at);
        }
        return true;
    }

    private static String shown(String text) {
        String stripped = text.strip();
        return stripped.length() <= SHOWN ? stripped : stripped.substring(0, SHOWN) + "...";
    }
}
