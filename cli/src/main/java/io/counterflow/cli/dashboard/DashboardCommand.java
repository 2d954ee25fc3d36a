package io.counterflow.cli.dashboard;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.cli.run.StopOnSignal;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterflow dashboard}. */
@Command(
        name = "dashboard",
        description = {
            "A live page of what the log holds: runs, their curves, the newest completions with every score, what waits for each stage.",
            "Reads only; runs beside anything."
        },
        mixinStandardHelpOptions = true)
public final class DashboardCommand implements Callable<Integer> {

    private static final int INTERRUPTED = 130;

    @Mixin
    private LogOptions logOptions;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8088",
            description = "Port of the page; 0 for any that is free (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address it listens on. It asks nobody who they are (default: ${DEFAULT-VALUE}).")
    private String host;

    @Override
    public Integer call() throws ExecutionException {
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread());
                LogAccess access = logOptions.open();
                Dashboard dashboard = new Dashboard(access.log(), InstantSource.system(), host, port)) {
            System.out.println("the dashboard is at " + dashboard.address() + " until it is stopped (Ctrl-C)");
            CompletableFuture<? extends RuntimeException> failure = access.failure();
            throw failure.get();
        } catch (InterruptedException e) {
            return INTERRUPTED;
        }
    }
}
