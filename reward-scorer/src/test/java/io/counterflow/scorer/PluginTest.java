package io.counterflow.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.scorer.api.PluginException;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.decorator.ScorerSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's jar, compiled here, dropped into a folder. */
class PluginTest {

    private static final String SOURCE = """
            package user;

            import io.counterflow.scorer.api.*;
            import java.util.*;

            public final class ShoutFactory implements ScorerFactory<ShoutFactory.Config> {
                public record Config(double loud, String mischief) {}

                @Override public String name() { return "shout"; }
                @Override public Class<Config> configuration() { return Config.class; }

                @Override public Scorer create(Config config) {
                    return batch -> {
                        List<ScoreOutcome> outcomes = new ArrayList<>();
                        for (ScoreRequest request : batch) {
                            String text = request.completion();
                            outcomes.add(ScoreOutcome.of(text.equals(text.toUpperCase(Locale.ROOT)) ? config.loud() : 0));
                        }
                        switch (String.valueOf(config.mischief())) {
                            case "throws" -> throw new java.io.IOException("no mood");
                            case "nan" -> outcomes.set(0, ScoreOutcome.of(Double.NaN));
                            case "count" -> outcomes.remove(0);
                            case "error" -> throw new StackOverflowError();
                            default -> { }
                        }
                        return outcomes;
                    };
                }
            }
            """;

    @TempDir
    Path folder;

    private ScorerCatalog catalog() throws Exception {
        jar("shout.jar", "user.ShoutFactory", compiled("ShoutFactory", SOURCE), bytes -> {});
        return ScorerCatalog.with(plugins());
    }

    private Path plugins() throws IOException {
        return Files.createDirectories(folder.resolve("plugins"));
    }

    private Path compiled(String name, String text) throws IOException {
        Path source = Files.writeString(folder.resolve(name + ".java"), text);
        Path classes = Files.createDirectories(folder.resolve("classes-" + name));
        int code = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-d",
                        classes.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-proc:none",
                        source.toString());
        assertThat(code).isZero();
        return classes;
    }

    private Path jar(String name, String service, Path classes, Consumer<byte[]> change) throws IOException {
        Path file = plugins().resolve(name);
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out);
                Stream<Path> compiled = Files.walk(classes)) {
            for (Path path : compiled.filter(Files::isRegularFile).toList()) {
                jar.putNextEntry(new JarEntry(classes.relativize(path).toString()));
                byte[] bytes = Files.readAllBytes(path);
                change.accept(bytes);
                jar.write(bytes);
            }
            jar.putNextEntry(new JarEntry("META-INF/services/io.counterflow.scorer.api.ScorerFactory"));
            jar.write((service + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private void refused(String... parts) throws IOException {
        Path plugins = plugins();
        assertThatThrownBy(() -> ScorerCatalog.with(plugins))
                .isInstanceOf(PluginException.class)
                .hasMessageContainingAll(parts)
                .hasMessageNotContaining("\n");
    }

    @Test
    void aJarThatCannotBeUsedIsNamedWithItsReason() throws Exception {
        Path classes = compiled("ShoutFactory", SOURCE);
        Path wrongName = jar("wrong-name.jar", "user.ShotFactory # a comment", classes, bytes -> {});
        refused(wrongName.toString(), "names the scorer factory user.ShotFactory", "no such class");
        Files.delete(wrongName);

        Path newer = jar("newer.jar", "user.ShoutFactory", classes, bytes -> bytes[7] = 99);
        refused(newer.toString(), "user.ShoutFactory compiled for Java 55, and this is Java");
        Files.delete(newer);

        Path another = jar("another.jar", "user.ShoutFactory$Config", classes, bytes -> {});
        refused(another.toString(), "user.ShoutFactory$Config", "which is no ScorerFactory");
        Files.delete(another);

        Path none = Files.writeString(plugins().resolve("none.jar"), "not a jar");
        refused(none.toString(), "is no jar");
        Files.delete(none);

        Path throwing = jar(
                "throwing.jar",
                "user.ShoutFactory",
                compiled(
                        "ShoutFactory",
                        SOURCE.replace(
                                "@Override public String name()",
                                "public ShoutFactory() {"
                                        + " throw new IllegalStateException(\"no\\nlicence\"); }\n@Override public String name()")),
                bytes -> {});
        refused(throwing.toString(), "cannot be made: IllegalStateException: no | licence");
        Files.delete(throwing);

        jar(
                "nameless.jar",
                "user.ShoutFactory",
                compiled("ShoutFactory", SOURCE.replace("return \"shout\"", "return null")),
                bytes -> {});
        refused("the scorer factory user.ShoutFactory cannot be used", "scorer name 'null'");
    }

    @Test
    void aFolderThatIsNotThereIsNamed() throws Exception {
        Path nowhere = folder.resolve("nowhere");
        assertThatThrownBy(() -> ScorerCatalog.with(nowhere)).hasMessage("there is no plug-in folder " + nowhere);
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> ScorerCatalog.with(file)).hasMessageStartingWith(file + " is a file");
    }

    @Test
    void aFactoryThatMakesNothingOrThrowsIsNamedByTheCheckAndWhenItIsUsed() throws Exception {
        Map<String, String> faults = Map.of(
                "return null;", "returned null",
                "throw new NullPointerException();", "scorer shout cannot be made: NullPointerException",
                "throw new StackOverflowError();", "scorer shout cannot be made: StackOverflowError",
                "throw new Error(\"odd\");", "scorer shout cannot be made: Error: odd",
                "throw new Error1(\"no\\nlicence\");", "scorer shout cannot be made: Error1: no | licence");
        for (Map.Entry<String, String> fault : faults.entrySet()) {
            String source = SOURCE.replace(
                            "public record Config",
                            "static class Error1 extends RuntimeException {"
                                    + " Error1(String m) { super(m); } }\npublic record Config")
                    .replace(
                            "return batch -> {",
                            "if (config.loud() == 1) { " + fault.getKey() + " } return batch -> {");
            jar("shout.jar", "user.ShoutFactory", compiled("ShoutFactory", source), bytes -> {});
            ScorerCatalog catalog = ScorerCatalog.with(plugins());
            catalog.check("shout", Map.of("loud", 2));
            assertThatThrownBy(() -> catalog.create("shout", Map.of("loud", 1)))
                    .isInstanceOf(PluginException.class)
                    .hasMessageContaining(fault.getValue());
            assertThatThrownBy(() -> catalog.check("shout", Map.of("loud", 1)))
                    .isInstanceOf(PluginException.class)
                    .hasMessageContaining(fault.getValue());
        }
    }

    private static List<ScoreOutcome> ask(ScorerCatalog catalog, String mischief) throws Exception {
        ScorerSettings once = new ScorerSettings(null, null, null, null, 1, null, null, null);
        try (Scorer scorer = once.decorate(
                catalog.create("shout", Map.of("loud", 2.5, "mischief", mischief)),
                catalog.factory("shout").timeLimit())) {
            return scorer.score(List.of(
                    new ScoreRequest("1", "p", "LOUD", Map.of()), new ScoreRequest("2", "p", "quiet", Map.of())));
        }
    }

    @Test
    void aJarInTheFolderBringsAScorer() throws Exception {
        ScorerCatalog catalog = catalog();
        assertThat(catalog.factories()).extracting(ScorerFactory::name).contains("shout", "unit-tests");
        assertThat(ask(catalog, "none")).containsExactly(ScoreOutcome.of(2.5), ScoreOutcome.of(0));
    }

    @Test
    void whateverItDoesThereAreTypedOutcomes() throws Exception {
        ScorerCatalog catalog = catalog();
        assertThat(ask(catalog, "throws")).containsOnly(new Failed("the scorer threw IOException: no mood"));
        assertThat(ask(catalog, "error")).containsOnly(new Failed("the scorer threw StackOverflowError"));
        assertThat(ask(catalog, "nan")).containsExactly(new Failed("score NaN is not finite"), ScoreOutcome.of(0));
        assertThat(ask(catalog, "count"))
                .allSatisfy(o -> assertThat(o).isInstanceOfSatisfying(Failed.class, f -> assertThat(f.cause())
                        .contains("returned 1 outcomes for a batch of 2")));
    }
}
