package io.counterflow.cli.bench;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.files.FileTree;
import io.counterflow.scorer.sandbox.Executables;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow bench scoring}. */
@Command(
        name = "scoring",
        description = {
            "Measures scoring on this machine; nothing else should run meanwhile.",
            "Java programs with unit tests, beside a fresh 'java Main.java' for each program; Python and JavaScript programs with"
                    + " unit tests, and with cases as data.",
            "The scoring service on a broker of its own, one instance and two, with a scorer that waits as a remote one does:"
                    + " beside the same calls made by threads without a log."
        },
        mixinStandardHelpOptions = true)
public final class BenchScoringCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--programs",
            paramLabel = "N",
            defaultValue = "400",
            description = "Programs for the workers; the fresh processes get a tenth (default: ${DEFAULT-VALUE}).")
    private int programs;

    @Option(
            names = "--completions",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Completions for the service (default: ${DEFAULT-VALUE}).")
    private int completions;

    @Option(
            names = "--call-millis",
            paramLabel = "MS",
            defaultValue = "20",
            description = "How long the waiting scorer waits for each (default: ${DEFAULT-VALUE}).")
    private int callMillis;

    @Option(
            names = "--allow-unsandboxed",
            description = "Run programs under process limits alone where there is no isolation.")
    private boolean allowUnsandboxed;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        ProgramsBench programsBench = new ProgramsBench();
        out.printf(Locale.ROOT, "%d cores, Java %s%n", programsBench.cores(), Runtime.version());
        double split = programsBench.scorer(programs, "process", allowUnsandboxed);
        double warm = programsBench.scorer(programs, "shared", allowUnsandboxed);
        double fresh = programsBench.freshProcesses(Math.max(1, programs / 10));
        out.printf(
                Locale.ROOT,
                "unit-tests, Java      %7.1f programs/s, %.1f a core%n"
                        + "  isolation: shared   %7.1f programs/s, %.1f a core%n"
                        + "java Main.java        %7.1f programs/s, %.1f a core%n"
                        + "ratio                 %7.1f%n",
                split,
                split / programsBench.cores(),
                warm,
                warm / programsBench.cores(),
                fresh,
                fresh / programsBench.cores(),
                split / fresh);
        out.flush();
        ScriptsBench scripts = new ScriptsBench();
        for (String language : List.of("python", "javascript")) {
            for (boolean cases : List.of(false, true)) {
                String name = "unit-tests, " + language + (cases ? ", cases" : "");
                if (Executables.find(language.equals("python") ? "python3" : "node")
                        .isEmpty()) {
                    out.printf(Locale.ROOT, "%-30s not installed%n", name);
                    continue;
                }
                double speed = scripts.perSecond(language, cases, Math.max(1, programs / 2), allowUnsandboxed);
                out.printf(
                        Locale.ROOT,
                        "%-30s %7.1f programs/s, %.1f a core%n",
                        name,
                        speed,
                        speed / programsBench.cores());
            }
        }
        out.flush();
        Path folder = Files.createTempDirectory("counterflow-bench");
        try (EmbeddedLog embedded = EmbeddedLog.start(folder.resolve("kafka"))) {
            ServiceBench service = new ServiceBench(folder, Duration.ofMillis(callMillis));
            double direct = service.direct(completions);
            ServiceBench.Measured one = service.instances(embedded, 1, completions);
            ServiceBench.Measured two = service.instances(embedded, 2, completions);
            out.printf(
                    Locale.ROOT,
                    "calls of %d ms, %d at a time an instance%n"
                            + "threads, no log       %7.1f completions/s%n"
                            + "service, 1 instance   %7.1f completions/s, %.2f of the threads%n"
                            + "service, 2 instances  %7.1f completions/s, %.2f of one instance; scored by each %s%n",
                    callMillis,
                    service.callsAtATime(),
                    direct,
                    one.perSecond(),
                    one.perSecond() / direct,
                    two.perSecond(),
                    two.perSecond() / one.perSecond(),
                    two.scoredBy());
            out.flush();
        } finally {
            FileTree.delete(folder);
        }
        return 0;
    }
}
