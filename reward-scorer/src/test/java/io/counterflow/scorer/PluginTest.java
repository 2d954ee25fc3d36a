package io.counterflow.scorer;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.scorer.ScoreOutcome.Failed;
import io.counterflow.scorer.decorator.ScorerSettings;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

            import io.counterflow.scorer.*;
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
        Path source = Files.writeString(folder.resolve("ShoutFactory.java"), SOURCE);
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
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
        try (OutputStream file = Files.newOutputStream(plugins.resolve("shout.jar"));
                JarOutputStream jar = new JarOutputStream(file);
                Stream<Path> compiled = Files.walk(classes)) {
            for (Path path : compiled.filter(Files::isRegularFile).toList()) {
                jar.putNextEntry(new JarEntry(classes.relativize(path).toString()));
                Files.copy(path, jar);
            }
            jar.putNextEntry(new JarEntry("META-INF/services/io.counterflow.scorer.ScorerFactory"));
            jar.write("user.ShoutFactory\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return ScorerCatalog.with(plugins);
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
