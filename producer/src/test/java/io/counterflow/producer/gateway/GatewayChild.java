package io.counterflow.producer.gateway;

import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A gateway in a process of its own, which can be killed. */
final class GatewayChild implements AutoCloseable {

    private final Process process;
    private final URI address;

    private GatewayChild(Process process, URI address) {
        this.process = process;
        this.address = address;
    }

    static GatewayChild start(LogConfig log, Path folder) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        GatewayChild.class.getName(),
                        log.bootstrapServers(),
                        log.schemaRegistryUrl(),
                        log.topicPrefix(),
                        folder.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader said = process.inputReader();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith("at ")) {
                return new GatewayChild(process, URI.create(line.substring(3)));
            }
        }
        throw new IOException("the gateway's process ended before it answered");
    }

    GatewayClient client() {
        return new GatewayClient(address);
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        int unused = process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) throws Exception {
        LogConfig config = new LogConfig(arguments[0], arguments[1], arguments[2], 4, 1, Map.of());
        try (Log log = new Log(config);
                GatewayFixture gateway = new GatewayFixture(log, Path.of(arguments[3]), Duration.ofSeconds(5))) {
            System.out.println("at " + gateway.gateway().address());
            Thread.currentThread().join();
        }
    }
}
