package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.unittests.TestResult.Status;
import io.counterflow.scorer.unittests.Tests.Call;
import io.counterflow.scorer.unittests.Tests.Case;
import io.counterflow.scorer.unittests.Tests.InputOutput;
import io.counterflow.scorer.unittests.judge.Messages;
import io.counterflow.scorer.unittests.wire.ValueReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The cases of one program: how they are put to it, and what its answers were. One thread. */
final class JavaCases {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_OUTPUT = 16 << 20;
    private static final int SHOWN = 2000;

    private final List<Case> cases;
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private long begun = System.nanoTime();

    JavaCases(Tests.Cases cases) {
        this.cases = cases.cases();
    }

    Case get(int index) {
        return cases.get(index);
    }

    byte form() {
        return cases.get(0) instanceof InputOutput ? Messages.INPUTS : Messages.CALLS;
    }

    /** Of inputs the text; of calls the function and its arguments. */
    List<Object> described() {
        List<Object> described = new ArrayList<>();
        for (Case each : cases) {
            if (each instanceof InputOutput input) {
                described.add(input.stdin());
            } else {
                Call call = (Call) each;
                List<Object> arguments = new ArrayList<>();
                call.arguments().forEach(argument -> arguments.add(plain(argument)));
                call.keywords().values().forEach(argument -> arguments.add(plain(argument)));
                described.add(new ArrayList<>(List.of(call.function(), arguments)));
            }
        }
        return described;
    }

    private static Object plain(JsonNode node) {
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(each -> list.add(plain(each)));
            return list;
        }
        if (node.isObject()) {
            Map<String, Object> map = new LinkedHashMap<>();
            node.properties().forEach(field -> map.put(field.getKey(), plain(field.getValue())));
            return map;
        }
        return node.isBoolean()
                ? (Object) node.booleanValue()
                : node.isTextual() ? node.textValue() : node.isNumber() ? node.numberValue() : null;
    }

    void begin() {
        begun = System.nanoTime();
        stdout.reset();
        stderr.reset();
    }

    /** Takes what the program wrote, a byte for the stream before it. */
    void wrote(byte[] body) {
        ByteArrayOutputStream stream = body[0] == 1 ? stderr : stdout;
        stream.write(body, 1, Math.min(body.length - 1, MAX_OUTPUT - stream.size()));
    }

    Answer answer(ValueReader in) {
        in.readInt();
        byte threw = in.readByte();
        Object first = in.read();
        Object second = in.read();
        Duration time = Duration.ofNanos((Long) in.read());
        if (threw == 0) {
            return form() == Messages.INPUTS
                    ? new Answer.Wrote(text(stdout), beginning(stderr), time)
                    : new Answer.Returned(JSON.valueToTree(first), Boolean.TRUE.equals(second), time);
        }
        if (threw == 1) {
            return new Answer.Threw(
                    String.valueOf(first), String.valueOf(second), beginning(stdout), beginning(stderr), time);
        }
        return new Answer.None(Status.FAILED, String.valueOf(first), time);
    }

    /** The answer of a program that left. */
    Answer left(OptionalInt exitCode) {
        Duration time = Duration.ofNanos(System.nanoTime() - begun);
        if (form() == Messages.INPUTS && exitCode.isPresent()) {
            return exitCode.getAsInt() == 0
                    ? new Answer.Wrote(text(stdout), beginning(stderr), time)
                    : new Answer.Threw(
                            "exit code " + exitCode.getAsInt(), "", beginning(stdout), beginning(stderr), time);
        }
        return new Answer.None(Status.ENDED_PROCESS, "ended the process it ran in", time);
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }

    private static String beginning(ByteArrayOutputStream stream) {
        String text = text(stream);
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN);
    }
}
