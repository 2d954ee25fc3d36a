package io.counterflow.broker;

import io.counterflow.files.WholeFile;
import io.counterflow.log.LogConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/** Where the broker and the registry of a data directory answer while a process runs them: {@code address.properties} in it. */
final class BrokerAddress {

    private static final String FILE = "address.properties";
    private static final String BROKER = "bootstrap.servers";
    private static final String REGISTRY = "schema.registry.url";

    private BrokerAddress() {}

    static void write(Path dataDirectory, LogConfig config) {
        Properties properties = new Properties();
        properties.setProperty(BROKER, config.bootstrapServers());
        properties.setProperty(REGISTRY, config.schemaRegistryUrl());
        try (WholeFile file = WholeFile.create(dataDirectory.resolve(FILE))) {
            properties.store(file.out(), null);
            file.commit();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to " + dataDirectory, e);
        }
    }

    /** What a process wrote there that may have died since. */
    static Optional<LogConfig> read(Path dataDirectory) {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(dataDirectory.resolve(FILE))) {
            properties.load(in);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + dataDirectory.resolve(FILE), e);
        }
        return properties.containsKey(BROKER) && properties.containsKey(REGISTRY)
                ? Optional.of(LogConfig.of(properties.getProperty(BROKER), properties.getProperty(REGISTRY)))
                : Optional.empty();
    }
}
