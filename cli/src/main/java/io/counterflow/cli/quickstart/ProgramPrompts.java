package io.counterflow.cli.quickstart;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Publication;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Prompt;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes program tasks to the prompts topic, each with the unit tests that its completions have to pass. */
final class ProgramPrompts {

    static final String TRAIN = "train";
    static final String HELD_OUT = "held-out";

    private static final String PROGRAM = """
            import static java.lang.Math.abs;
            import static java.lang.Math.max;
            import static java.lang.Math.min;

            final class Program {
                static int apply(int a, int b) {
                    return {completion}
                }
            }
            """;

    private final Log log;
    private final InstantSource clock;

    ProgramPrompts(Log log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    /**
     * Writes the tasks that the log does not hold yet.
     *
     * @return how many were written
     */
    int publish(String task, String split, List<ProgramTask> tasks) {
        Set<String> there = new HashSet<>();
        try (LogReader<Prompt> reader = new LogReader<>(log, Topic.PROMPTS, Prompt.class)) {
            reader.read(reader.everything(), r -> there.add(r.key()));
        }
        List<Prompt> missing = tasks.stream()
                .map(t -> prompt(task, split, t))
                .filter(p -> !there.contains(p.getPromptId()))
                .toList();
        try (Publication publication = new Publication(log, Topic.PROMPTS)) {
            missing.forEach(p -> publication.add(p.getPromptId(), p));
            publication.finish();
        }
        return missing.size();
    }

    private Prompt prompt(String task, String split, ProgramTask programTask) {
        String text = programTask.prompt();
        return Prompt.newBuilder()
                .setPromptId(Identifiers.promptId(task, split, text))
                .setTask(task)
                .setSplit(split)
                .setText(text)
                .setMetadata(metadata(programTask))
                .setCreatedAt(clock.instant())
                .build();
    }

    /** What the unit-test scorer needs to know of a task. */
    static Map<String, String> metadata(ProgramTask task) {
        return Map.of("language", "java", "program", PROGRAM, "tests", tests(task));
    }

    /** One static method for each test point, so that the share of points passed is the score. */
    private static String tests(ProgramTask task) {
        String methods = IntStream.range(0, ProgramTask.TEST_POINTS.size())
                .mapToObj(i -> {
                    int a = ProgramTask.TEST_POINTS.get(i)[0];
                    int b = ProgramTask.TEST_POINTS.get(i)[1];
                    return String.format(
                            Locale.ROOT,
                            "    static void test%d() { check(%d, %d, %d); }%n",
                            i + 1,
                            a,
                            b,
                            task.value(a, b));
                })
                .collect(Collectors.joining());
        return "final class ProgramTest {\n" + methods + """
                    private static void check(int a, int b, int expected) {
                        int actual = Program.apply(a, b);
                        if (actual != expected) {
                            throw new AssertionError("apply(" + a + ", " + b + ") is " + actual + ", expected " + expected);
                        }
                    }
                }
                """;
    }
}
