package io.counterflow.cli.quickstart;

import io.counterflow.trainer.order.SeededOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntBinaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A small programming task: English that describes a function of {@code a} and {@code b}, and a Java expression that computes it.
 *
 * @param base what is computed of a and b first
 * @param modifiers what is done to it after, in order; one or two
 */
record ProgramTask(Base base, List<Modifier> modifiers) {

    /** Where the tests look at the function. */
    static final List<int[]> TEST_POINTS =
            List.of(new int[] {7, 3}, new int[] {4, 9}, new int[] {-5, 2}, new int[] {12, 5}, new int[] {3, 8});

    enum Base {
        SUM("sum of a and b", "a + b", (a, b) -> a + b),
        DIFFERENCE("difference of a and b", "a - b", (a, b) -> a - b),
        PRODUCT("product of a and b", "a * b", (a, b) -> a * b),
        LARGER("larger of a and b", "max ( a , b )", Math::max),
        SMALLER("smaller of a and b", "min ( a , b )", Math::min),
        SQUARE("square of a", "a * a", (a, b) -> a * a),
        ABSOLUTE("absolute value of b", "abs ( b )", (a, b) -> Math.abs(b)),
        REMAINDER("remainder of a by b", "a % b", (a, b) -> a % b);

        private final String description;
        private final String expression;
        private final IntBinaryOperator value;

        Base(String description, String expression, IntBinaryOperator value) {
            this.description = description;
            this.expression = expression;
            this.value = value;
        }
    }

    enum Operator {
        PLUS("plus", "+", Math::addExact),
        MINUS("minus", "-", Math::subtractExact),
        TIMES("times", "*", Math::multiplyExact);

        private final String word;
        private final String symbol;
        private final IntBinaryOperator value;

        Operator(String word, String symbol, IntBinaryOperator value) {
            this.word = word;
            this.symbol = symbol;
            this.value = value;
        }
    }

    record Modifier(Operator operator, int constant) {}

    ProgramTask {
        modifiers = List.copyOf(modifiers);
        if (modifiers.isEmpty() || modifiers.size() > 2) {
            throw new IllegalArgumentException("a task has one or two modifiers, not " + modifiers.size());
        }
    }

    /** Every task there is, 4,800, in an order that depends on the random numbers alone. */
    static List<ProgramTask> all(RandomGenerator random) {
        List<Modifier> modifiers = Stream.of(Operator.values())
                .flatMap(o -> constants().stream().map(c -> new Modifier(o, c)))
                .toList();
        List<ProgramTask> tasks = new ArrayList<>();
        for (Base base : Base.values()) {
            for (Modifier first : modifiers) {
                tasks.add(new ProgramTask(base, List.of(first)));
                modifiers.forEach(second -> tasks.add(new ProgramTask(base, List.of(first, second))));
            }
        }
        int[] order = SeededOrder.natural(tasks.size());
        SeededOrder.shuffle(order, random);
        return IntStream.of(order).mapToObj(tasks::get).toList();
    }

    /** Every word that a description or a program can hold, sorted, special tokens not included. */
    static List<String> words() {
        TreeSet<String> words = new TreeSet<>();
        Stream.of(Base.values()).forEach(b -> words.addAll(List.of((b.description + " " + b.expression).split(" "))));
        Stream.of(Operator.values()).forEach(o -> words.addAll(List.of(o.word, o.symbol)));
        constants().forEach(c -> words.add(String.valueOf(c)));
        words.addAll(List.of("the", ",", ":", ";", "(", ")"));
        return List.copyOf(words);
    }

    /** What the policy is asked, e.g. {@code the larger of a and b , times 3 , minus 2 :}. */
    String prompt() {
        return "the " + base.description
                + modifiers.stream()
                        .map(m -> " , " + m.operator.word + " " + m.constant)
                        .collect(Collectors.joining())
                + " :";
    }

    /** The program that is right, e.g. {@code ( ( max ( a , b ) ) * 3 ) - 2 ;}. */
    String program() {
        return write(base, modifiers);
    }

    /** A program as a careless corpus has it: each of its parts is, with the given probability, any other that could stand there. */
    String noisyProgram(double noise, RandomGenerator random) {
        Base noisyBase = random.nextDouble() < noise ? Base.values()[random.nextInt(Base.values().length)] : base;
        List<Modifier> noisyModifiers = modifiers.stream()
                .map(m -> new Modifier(
                        random.nextDouble() < noise
                                ? Operator.values()[random.nextInt(Operator.values().length)]
                                : m.operator,
                        random.nextDouble() < noise
                                ? constants().get(random.nextInt(constants().size()))
                                : m.constant))
                .toList();
        return write(noisyBase, noisyModifiers);
    }

    /** What the right program computes. */
    int value(int a, int b) {
        int value = base.value.applyAsInt(a, b);
        for (Modifier m : modifiers) {
            value = m.operator.value.applyAsInt(value, m.constant);
        }
        return value;
    }

    private static String write(Base base, List<Modifier> modifiers) {
        String expression = "( " + base.expression + " )";
        for (Modifier m : modifiers) {
            expression = "( " + expression + " " + m.operator.symbol + " " + m.constant + " )";
        }
        return expression + " ;";
    }

    private static List<Integer> constants() {
        return List.of(2, 3, 4, 5, 6, 7, 8, 9);
    }
}
