package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.ValueReader;
import io.counterflow.scorer.unittests.worker.TestMethods;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TimeZone;
import java.util.TreeMap;

/** Does one task after the other. */
final class Judge {

    private static final long STACK_BYTES = 8L << 20;
    private static final String OURS = "io.counterflow.scorer.unittests";

    private final HostLink host;
    private final UnitCompiler compiler = new UnitCompiler();
    private final Properties properties = (Properties) System.getProperties().clone();
    private final Locale locale = Locale.getDefault();
    private final TimeZone timeZone = TimeZone.getDefault();
    private final InputStream in = System.in;
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private volatile Trial trial;

    Judge(HostLink host) {
        this.host = host;
    }

    Trial trial() {
        return trial;
    }

    /** Compiles something like what will come, so that javac is fast when it comes. */
    void warmUp() {
        String program =
                "import java.util.*;\nclass Warm { static int f(List<Integer> x) { int s = 0; for (int i : x) { s += i; } return s; } }";
        String tests =
                "class Tests { static void test() { if (Warm.f(Arrays.asList(1, 2)) != 3) throw new AssertionError(\"\" + 3); } }";
        for (int i = 0; i < 3; i++) {
            Unit unit = compiler.compile(program, Map.of());
            if (!unit.compiles()) {
                throw new IllegalStateException("the warm-up does not compile: " + unit.errors());
            }
            Splitting splitting = new Splitting(program, unit, TestsText.of(tests, compiler));
            Unit compiled = splitting.compile(compiler);
            rewritten(compiled, splitting);
            if (!compiled.compiles()) {
                throw new IllegalStateException("the warm-up does not compile: " + compiled.errors());
            }
        }
    }

    void run(ValueReader task) throws InterruptedException {
        byte form = task.readByte();
        String source = task.readText();
        String given = source.substring(0, task.readInt());
        String tests = task.readText();
        if (form == Messages.CODE) {
            runCode(source, given, tests);
        } else {
            Unit program = compiled(source);
            if (program != null) {
                runCases(form, program, (List<?>) task.read());
            }
        }
        System.setIn(in);
        System.setOut(out);
        System.setErr(err);
        System.setProperties((Properties) properties.clone());
        Locale.setDefault(locale);
        TimeZone.setDefault(timeZone);
        host.send(Messages.DONE, memoryLeft() ? "" : "little memory left");
    }

    /** Null where it does not compile, which has been said then. */
    private Unit compiled(String source) {
        Unit program = compiler.compile(source, Map.of());
        if (program.compiles() && program.classes().keySet().stream().anyMatch(name -> name.startsWith(OURS))) {
            host.send(Messages.NOT_COMPILED, "the package " + OURS + " is not the program's");
            return null;
        }
        if (!program.compiles()) {
            host.send(Messages.NOT_COMPILED, String.join("\n", program.errors()) + "\n");
            return null;
        }
        return program;
    }

    private void runCode(String written, String given, String text) throws InterruptedException {
        TestsText tests = TestsText.of(text, compiler);
        String source = written;
        String wrapper = "";
        Optional<Continuation> continuation =
                tests.unsplittable().isEmpty() ? Optional.empty() : Continuation.of(given, text);
        if (continuation.isPresent()) {
            TestsText alone = TestsText.of(continuation.get().tests(), compiler);
            if (alone.unit().compiles() && alone.unsplittable().isEmpty()) {
                tests = alone;
                source = written + continuation.get().closing();
                wrapper = continuation.get().wrapper();
            }
        }
        if (!tests.unusable().isEmpty()) {
            host.send(Messages.UNUSABLE, tests.unusable());
            return;
        }
        if (!tests.unsplittable().isEmpty()) {
            host.send(Messages.UNSPLITTABLE, tests.unsplittable());
            return;
        }
        Unit program = compiled(source);
        if (program == null) {
            return;
        }
        Splitting splitting = new Splitting(given, program, tests);
        String unsplittable = splitting.unsplittable(wrapper);
        if (!unsplittable.isEmpty()) {
            host.send(Messages.UNSPLITTABLE, unsplittable);
            return;
        }
        Unit unit = splitting.compile(compiler);
        if (!unit.compiles()) {
            host.send(
                    Messages.NOT_COMPILED,
                    "the tests do not fit the program: " + String.join("\n", unit.errors()) + "\n");
            return;
        }
        for (byte[] code : unit.classes().values()) {
            ClassFacts facts = ClassFacts.of(code);
            ClassFacts parent = splitting.facts().get(facts.superName());
            boolean own =
                    facts.name().substring(facts.name().lastIndexOf('/') + 1).equals(wrapper);
            if (!own
                    && parent != null
                    && !unit.classes().containsKey(parent.name().replace('/', '.'))) {
                host.send(Messages.NOT_COMPILED, "the tests would extend the program's class " + parent.name());
                return;
            }
        }
        Map<String, byte[]> rewritten = rewritten(unit, splitting);
        TestMethods methods = splitting.methods();
        trial = new Trial(splitting.stubs(), rewritten, splitting.meant(), host);
        ready(methods.methods(), program);
        trial.awaitStart();
        inThread(new TestsRun(trial, methods, splitting.asserting(), host)::run);
        trial.ended("");
    }

    private static Map<String, byte[]> rewritten(Unit tests, Splitting splitting) {
        Map<String, byte[]> rewritten = new TreeMap<>();
        tests.classes().forEach((name, code) -> rewritten.put(name, TestsRewriter.rewrite(code, splitting.facts())));
        return rewritten;
    }

    private void ready(List<String> names, Unit program) {
        host.send(Messages.READY, out -> {
            out.writeInt(names.size());
            names.forEach(out::writeText);
            out.writeInt(program.classes().size());
            program.classes().forEach((name, code) -> {
                out.writeText(name);
                out.writeBytes(code);
            });
        });
    }

    private void runCases(byte form, Unit program, List<?> cases) throws InterruptedException {
        CaseCalls calls = new CaseCalls(program, host);
        List<String> names = new java.util.ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            names.add("case " + (i + 1));
        }
        trial = calls.trial();
        ready(names, program);
        for (int i = 0; i < cases.size(); i++) {
            int index = i;
            Trial own = i == 0 ? trial : calls.trial();
            trial = own;
            host.send(Messages.TEST_STARTED, out -> out.writeInt(index));
            own.awaitStart();
            inThread(() -> calls.run(own, form, index, cases.get(index)));
            own.ended("");
        }
    }

    private static void inThread(Runnable work) throws InterruptedException {
        Thread thread = new Thread(null, work, "tests", STACK_BYTES);
        thread.start();
        thread.join();
    }

    private static boolean memoryLeft() {
        Runtime runtime = Runtime.getRuntime();
        if (used(runtime) < 0.75) {
            return true;
        }
        System.gc();
        return used(runtime) < 0.5;
    }

    private static double used(Runtime runtime) {
        return (double) (runtime.totalMemory() - runtime.freeMemory()) / runtime.maxMemory();
    }
}
