package io.counterflow.cli.check;

import io.counterflow.cli.run.RunConfig;
import io.counterflow.cli.run.RunFolders;
import io.counterflow.log.LogConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Where the log is, where files are kept, and where this process listens. */
final class PlaceChecks {

    private final Scope scope;
    private final RunConfig config;
    private final RunFolders folders;
    private final Found found;

    PlaceChecks(Scope scope, RunConfig config, RunFolders folders, Found found) {
        this.scope = scope;
        this.config = config;
        this.folders = folders;
        this.found = found;
    }

    void check() {
        log(config.log());
        if (config.log().bootstrapServers() == null) {
            writable("the data directory (--data)", "log", folders.data());
        }
        if (scope.trains() && config.trainer() != null) {
            writable("the folder", "trainer.directory", Path.of(config.trainer().directory()));
        }
        metrics();
    }

    private void log(LogConfig log) {
        if (log.bootstrapServers() == null && log.schemaRegistryUrl() != null) {
            found.told(
                    "log.schemaRegistryUrl",
                    "log.schemaRegistryUrl is set but log.bootstrapServers is not; set both or neither");
        }
        if (log.bootstrapServers() != null && log.schemaRegistryUrl() == null) {
            found.told(
                    "log.bootstrapServers",
                    "log.bootstrapServers is set but log.schemaRegistryUrl is not; records name their schemas by the"
                            + " registry's ids, so give the registry of that cluster");
        }
        if (log.bootstrapServers() != null) {
            for (String broker : log.bootstrapServers().split(",")) {
                if (!broker.strip().matches(".+:[0-9]{1,5}")) {
                    found.fault("log.bootstrapServers", "'" + broker.strip() + "' is not of the form host:port");
                }
            }
            found.unchecked("the cluster at " + log.bootstrapServers());
        }
        if (log.schemaRegistryUrl() != null) {
            found.fault("log.schemaRegistryUrl", () -> {
                URI url = URI.create(log.schemaRegistryUrl());
                if (url.getScheme() == null || !url.getScheme().matches("https?")) {
                    throw new IllegalArgumentException(
                            "'" + log.schemaRegistryUrl() + "' must begin with http:// or https://");
                }
            });
        }
        Set<String> known = new HashSet<>(ProducerConfig.configNames());
        known.addAll(ConsumerConfig.configNames());
        known.addAll(AdminClientConfig.configNames());
        log.client().keySet().stream().filter(key -> !known.contains(key)).forEach(key -> near(key, known)
                .ifPresent(meant -> found.fault(
                        "log.client",
                        "'" + key + "' is no setting of Kafka's clients; did you mean '" + meant + "'?")));
    }

    /** Extensions bring settings of their own, so that only what resembles one of Kafka's is taken for a slip. */
    private static Optional<String> near(String key, Set<String> known) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        return known.stream()
                .filter(other -> distance.apply(key, other) <= 2)
                .min(Comparator.comparingInt(other -> distance.apply(key, other)));
    }

    private void writable(String what, String path, Path folder) {
        Path at = folder.toAbsolutePath().normalize();
        if (Files.exists(at) && !Files.isDirectory(at)) {
            found.fault(path, what + " " + at + " is a file");
            return;
        }
        while (at != null && !Files.exists(at)) {
            at = at.getParent();
        }
        if (at != null && !Files.isDirectory(at)) {
            found.fault(path, what + " " + folder + " cannot be made: " + at + " is a file");
        } else if (at != null && !Files.isWritable(at)) {
            found.fault(path, what + " " + folder + " cannot be written: there is no permission for " + at);
        }
    }

    private void metrics() {
        Integer port = config.metrics().port();
        if (port == null) {
            return;
        }
        InetAddress host;
        try {
            host = InetAddress.getByName(config.metrics().host());
        } catch (UnknownHostException e) {
            found.fault("metrics.host", "there is no host " + config.metrics().host());
            return;
        }
        try {
            new ServerSocket(port, 1, host).close();
        } catch (IOException e) {
            String message = config.metrics().host() + ":" + port + " cannot be listened on: " + e.getMessage();
            if (scope == Scope.FILE) {
                found.remark("metrics.port: now, " + message);
            } else {
                found.fault("metrics.port", message);
            }
        }
    }
}
