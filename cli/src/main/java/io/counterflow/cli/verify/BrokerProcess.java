package io.counterflow.cli.verify;

import io.counterflow.broker.EmbeddedLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A broker and a registry in a process of their own, on ports that stay the same from start to start. */
public final class BrokerProcess {

    private BrokerProcess() {}

    static JavaProcess start(Path data, int kafkaPort, int registryPort, Path output) throws IOException {
        return JavaProcess.start(
                BrokerProcess.class,
                "256m",
                output,
                List.of(data.toString(), Integer.toString(kafkaPort), Integer.toString(registryPort)));
    }

    /** Data directory and the two ports. */
    public static void main(String[] arguments) throws Exception {
        try (EmbeddedLog log = EmbeddedLog.start(
                Path.of(arguments[0]), Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]))) {
            System.out.println("ready " + log.config().bootstrapServers());
            new CountDownLatch(1).await();
        }
    }
}
