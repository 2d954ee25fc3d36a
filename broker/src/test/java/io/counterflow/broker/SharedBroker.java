package io.counterflow.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One broker and registry for all tests of a JVM that ask for an {@link EmbeddedLog} as a parameter. Each test takes
 * topics with a prefix of its own; a test that stops the broker, or needs it empty, starts one itself.
 */
public final class SharedBroker implements ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(SharedBroker.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == EmbeddedLog.class;
    }

    @Override
    public EmbeddedLog resolveParameter(ParameterContext parameter, ExtensionContext test) {
        return test.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Running.class, key -> Running.start(), Running.class)
                .log();
    }

    /** Closed by JUnit after the last test. */
    private record Running(Path directory, EmbeddedLog log) implements AutoCloseable {

        static Running start() {
            try {
                Path directory = Files.createTempDirectory("shared-broker");
                return new Running(directory, EmbeddedLog.start(directory));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            log.close();
            List<Path> files;
            try (Stream<Path> walk = Files.walk(directory)) {
                files = walk.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }
}
