package io.counterflow.cli.services;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.cli.log.LogFile;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.run.StopOnSignal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code counterflow broker}. */
@Command(
        name = "broker",
        description = {
            "Runs a Kafka broker and a schema registry on the data directory until it is stopped, for 127.0.0.1 alone.",
            "Other commands, and tools such as kcat, then share them."
        },
        mixinStandardHelpOptions = true)
public final class BrokerCommand implements Callable<Integer> {

    private static final int INTERRUPTED = 130;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = ".counterflow",
            description = "Data directory (default: ${DEFAULT-VALUE}).")
    private Path data;

    @Option(
            names = "--kafka-port",
            paramLabel = "PORT",
            defaultValue = "9092",
            description = "Port of the broker; 0 for a free one (default: ${DEFAULT-VALUE}).")
    private int kafkaPort;

    @Option(
            names = "--registry-port",
            paramLabel = "PORT",
            defaultValue = "8081",
            description = "Port of the schema registry; 0 for a free one (default: ${DEFAULT-VALUE}).")
    private int registryPort;

    @Override
    public Integer call() throws Exception {
        RunFolders folders = new RunFolders(data);
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread());
                LogFile logFile = LogFile.in(folders.data());
                EmbeddedLog log = EmbeddedLog.start(folders.kafka(), kafkaPort, registryPort)) {
            System.out.printf(
                    "broker and registry are up, data in %s; use them with:%n  --bootstrap-servers %s --schema-registry %s%n",
                    folders.kafka(),
                    log.config().bootstrapServers(),
                    log.config().schemaRegistryUrl());
            throw log.failure().get();
        } catch (InterruptedException e) {
            return INTERRUPTED;
        }
    }
}
