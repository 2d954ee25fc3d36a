package io.counterflow.scorer;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.counterflow.scorer.api.PluginException;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;

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
            String name = checkedName(factory);
            ScorerFactory<?> other = byName.put(name, factory);
            if (other != null && !other.getClass().equals(factory.getClass())) {
                throw new IllegalArgumentException("scorer " + name + " is there twice: "
                        + other.getClass().getName() + " and "
                        + factory.getClass().getName() + "; remove one of their jars");
            }
        }
        this.factories = Collections.unmodifiableSortedMap(byName);
    }

    /** What a factory says of itself is a user's code, too. */
    private static String checkedName(ScorerFactory<?> factory) {
        try {
            ScorerId id = new ScorerId(factory.name(), factory.version());
            Objects.requireNonNull(factory.configuration(), "configuration() is null");
            Objects.requireNonNull(factory.timeLimit(), "timeLimit() is null");
            return id.name();
        } catch (RuntimeException | Error e) {
            throw new PluginException(
                    "the scorer factory " + factory.getClass().getName() + " cannot be used: " + ThrownText.of(e), e);
        }
    }

    /**
     * The scorers on the class path.
     *
     * @throws PluginException when one that a jar names cannot be made
     */
    public static ScorerCatalog onClassPath() {
        return new ScorerCatalog(classPath());
    }

    /**
     * The scorers on the class path and in the jars of a folder.
     *
     * @throws IOException when the folder cannot be read
     * @throws PluginException naming a jar that cannot be used
     */
    public static ScorerCatalog with(Path folder) throws IOException {
        List<ScorerFactory<?>> all = new ArrayList<>(classPath());
        all.addAll(PluginFolder.factories(folder));
        return new ScorerCatalog(all);
    }

    /**
     * The scorers on the class path and, where {@code folder} is not null, in the jars of that folder.
     *
     * @throws IOException when the folder cannot be read
     * @throws PluginException naming a jar that cannot be used
     */
    public static ScorerCatalog of(Path folder) throws IOException {
        return folder == null ? onClassPath() : with(folder);
    }

    /** Just these. */
    public static ScorerCatalog of(Collection<? extends ScorerFactory<?>> factories) {
        return new ScorerCatalog(factories);
    }

    private static List<ScorerFactory<?>> classPath() {
        List<ScorerFactory<?>> found = new ArrayList<>();
        try {
            ServiceLoader.load(ScorerFactory.class, ScorerCatalog.class.getClassLoader())
                    .forEach(found::add);
        } catch (RuntimeException | Error e) {
            throw new PluginException("a scorer on the class path cannot be loaded: " + ThrownText.of(e), e);
        }
        return found;
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
        C configuration = configuration(factory, settings);
        Scorer scorer;
        try {
            scorer = factory.create(configuration);
        } catch (Exception | Error e) {
            throw told(factory, e);
        }
        requireMade(factory, scorer);
        return scorer;
    }

    private static void requireMade(ScorerFactory<?> factory, Scorer scorer) {
        if (scorer == null) {
            throw new PluginException("scorer " + factory.name() + " cannot be made: its factory "
                    + factory.getClass().getName() + " returned null");
        }
    }

    /**
     * Checks that a scorer can be made, as far as that can be told without making one that takes long to make.
     *
     * @param kind name of the factory
     * @param settings its configuration, as bound from YAML
     * @throws IllegalArgumentException when there is no such kind, or the settings do not fit
     * @throws Exception when the scorer could not work here
     */
    public void check(String kind, Map<String, ?> settings) throws Exception {
        check(factory(kind), settings);
    }

    private static <C> void check(ScorerFactory<C> factory, Map<String, ?> settings) throws Exception {
        C configuration = configuration(factory, settings);
        try {
            factory.check(configuration);
        } catch (Exception | Error e) {
            throw told(factory, e);
        }
    }

    private static <C> C configuration(ScorerFactory<C> factory, Map<String, ?> settings) {
        try {
            return SETTINGS.convertValue(settings, factory.configuration());
        } catch (IllegalArgumentException e) {
            // Without the cause: its message is this one with the names of classes, over several lines.
            throw new IllegalArgumentException("settings of scorer " + factory.name() + ": " + reason(e));
        }
    }

    /** Our own scorers, and all that say what is wrong with their settings or files, speak for themselves. */
    private static Exception told(ScorerFactory<?> factory, Throwable thrown) {
        boolean speaks = thrown instanceof Exception
                && thrown.getMessage() != null
                && (thrown instanceof IllegalArgumentException
                        || thrown instanceof IOException
                        || thrown.getClass().getName().startsWith("io.counterflow."));
        if (speaks || thrown instanceof InterruptedException) {
            return (Exception) thrown;
        }
        return new PluginException("scorer " + factory.name() + " cannot be made: " + ThrownText.of(thrown), thrown);
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
