package io.counterflow.scorer;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The kinds of scorers there are: those on the class path, and those in the jars of a folder. Thread-safe. */
public final class ScorerCatalog {

    private static final ObjectMapper SETTINGS = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .addModule(new SimpleModule().addDeserializer(Duration.class, new DurationText()))
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final SortedMap<String, ScorerFactory<?>> factories;

    private ScorerCatalog(Iterable<? extends ScorerFactory<?>> found) {
        SortedMap<String, ScorerFactory<?>> byName = new TreeMap<>();
        for (ScorerFactory<?> factory : found) {
            new ScorerId(factory.name(), factory.version());
            ScorerFactory<?> other = byName.put(factory.name(), factory);
            if (other != null && !other.getClass().equals(factory.getClass())) {
                throw new IllegalArgumentException("scorer " + factory.name() + " is there twice: "
                        + other.getClass().getName() + " and "
                        + factory.getClass().getName() + "; remove one of their jars");
            }
        }
        this.factories = Collections.unmodifiableSortedMap(byName);
    }

    /** The scorers on the class path. */
    public static ScorerCatalog onClassPath() {
        return load(ScorerCatalog.class.getClassLoader());
    }

    /**
     * The scorers on the class path and in the jars of a folder.
     *
     * @throws IOException when the folder cannot be read
     */
    public static ScorerCatalog with(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            URL[] jars = files.filter(f -> f.toString().endsWith(".jar"))
                    .sorted()
                    .map(ScorerCatalog::url)
                    .toArray(URL[]::new);
            // Open as long as the process: scorers load classes whenever they need them.
            return load(new URLClassLoader("scorer-plug-ins", jars, ScorerCatalog.class.getClassLoader()));
        }
    }

    /** Just these. */
    public static ScorerCatalog of(Collection<? extends ScorerFactory<?>> factories) {
        return new ScorerCatalog(factories);
    }

    @SuppressWarnings({"rawtypes", "unchecked"})
    private static ScorerCatalog load(ClassLoader loader) {
        Iterable found = ServiceLoader.load(ScorerFactory.class, loader);
        return new ScorerCatalog((Iterable<ScorerFactory<?>>) found);
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("not a jar: " + jar, e);
        }
    }

    /** The kinds of scorers, by name. */
    public Collection<ScorerFactory<?>> factories() {
        return factories.values();
    }

    /**
     * The factory of this name.
     *
     * @throws IllegalArgumentException when there is none, with those there are
     */
    public ScorerFactory<?> factory(String name) {
        ScorerFactory<?> factory = factories.get(name);
        if (factory == null) {
            throw new IllegalArgumentException("no scorer '" + name + "'; there are " + List.copyOf(factories.keySet())
                    + ", and jars with others go on the class path or into the plug-in folder");
        }
        return factory;
    }

    /**
     * Makes a scorer.
     *
     * @param kind name of the factory
     * @param settings its configuration, as bound from YAML
     * @throws IllegalArgumentException when the settings do not fit, with the key that does not
     * @throws Exception when the scorer cannot work here
     */
    public Scorer create(String kind, Map<String, ?> settings) throws Exception {
        return create(factory(kind), settings);
    }

    private static <C> Scorer create(ScorerFactory<C> factory, Map<String, ?> settings) throws Exception {
        C configuration;
        try {
            configuration = SETTINGS.convertValue(settings, factory.configuration());
        } catch (IllegalArgumentException e) {
            // Without the cause: its message is this one with the names of classes, over several lines.
            throw new IllegalArgumentException("settings of scorer " + factory.name() + ": " + reason(e));
        }
        return factory.create(configuration);
    }

    private static String reason(IllegalArgumentException e) {
        if (e.getCause() instanceof UnrecognizedPropertyException unknown) {
            return "unknown key '" + unknown.getPropertyName() + "'; known are "
                    + unknown.getKnownPropertyIds().stream()
                            .map(String::valueOf)
                            .sorted()
                            .toList();
        }
        Throwable cause = e.getCause() instanceof JsonMappingException mapping && mapping.getCause() != null
                ? mapping.getCause()
                : e;
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }
}
