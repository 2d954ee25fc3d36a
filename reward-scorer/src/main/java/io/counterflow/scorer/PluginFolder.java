package io.counterflow.scorer;

import io.counterflow.scorer.api.PluginException;
import io.counterflow.scorer.api.ScorerFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The jars of a folder: which factories they name, and whose fault it is that one cannot be had. */
final class PluginFolder {

    private static final String SERVICE = "META-INF/services/" + ScorerFactory.class.getName();
    private static final Pattern CLASS_VERSION = Pattern.compile("class file version (\\d+)");
    /** Java 1.1 has class file version 45. */
    private static final int BEFORE_FIRST_VERSION = 44;

    private PluginFolder() {}

    /**
     * Makes the factories of all jars.
     *
     * @throws IOException when the folder cannot be read
     * @throws PluginException naming the jar that cannot be used
     */
    static List<ScorerFactory<?>> factories(Path folder) throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(folder)) {
            jars = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
        } catch (NoSuchFileException e) {
            throw new PluginException("there is no plug-in folder " + folder, e);
        } catch (NotDirectoryException e) {
            throw new PluginException(
                    folder + " is a file; the jars of plug-ins are in a folder, whose name is to be given", e);
        }
        // Open as long as the process: scorers load classes whenever they need them.
        ClassLoader loader = new URLClassLoader(
                "scorer-plug-ins",
                jars.stream().map(PluginFolder::url).toArray(URL[]::new),
                ScorerCatalog.class.getClassLoader());
        List<ScorerFactory<?>> factories = new ArrayList<>();
        for (Path jar : jars) {
            for (String name : named(jar)) {
                factories.add(factory(loader, name, jar));
            }
        }
        return factories;
    }

    /** The factories that a jar names; none in a jar that others need. */
    private static List<String> named(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            JarEntry service = file.getJarEntry(SERVICE);
            if (service == null) {
                return List.of();
            }
            try (InputStream in = file.getInputStream(service);
                    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                return lines.lines()
                        .map(line -> line.replaceFirst("#.*", "").strip())
                        .filter(line -> !line.isEmpty())
                        .toList();
            }
        } catch (IOException e) {
            throw new PluginException(jar + " is no jar: " + ThrownText.of(e), e);
        }
    }

    private static ScorerFactory<?> factory(ClassLoader loader, String name, Path jar) {
        Class<?> type;
        try {
            type = Class.forName(name, true, loader);
        } catch (ClassNotFoundException e) {
            throw new PluginException(
                    jar + " names the scorer factory " + name + " in " + SERVICE + ", and has no such class", e);
        } catch (UnsupportedClassVersionError e) {
            throw new PluginException(
                    jar + " has " + name + " compiled for " + java(e) + ", and this is Java "
                            + Runtime.version().feature(),
                    e);
        } catch (Error e) {
            throw new PluginException(jar + ": " + name + " cannot be loaded: " + ThrownText.of(cause(e)), e);
        }
        if (!ScorerFactory.class.isAssignableFrom(type)) {
            throw new PluginException(jar + " names " + name + " in " + SERVICE + ", which is no ScorerFactory");
        }
        try {
            return (ScorerFactory<?>) type.getConstructor().newInstance();
        } catch (NoSuchMethodException | InstantiationException | IllegalAccessException e) {
            throw new PluginException(
                    jar + ": " + name + " must be a public class with a public constructor without parameters", e);
        } catch (ReflectiveOperationException | Error e) {
            throw new PluginException(jar + ": " + name + " cannot be made: " + ThrownText.of(cause(e)), e);
        }
    }

    private static Throwable cause(Throwable e) {
        return e.getCause() == null ? e : e.getCause();
    }

    private static String java(UnsupportedClassVersionError e) {
        Matcher version = CLASS_VERSION.matcher(String.valueOf(e.getMessage()));
        return version.find() ? "Java " + (Integer.parseInt(version.group(1)) - BEFORE_FIRST_VERSION) : "a newer Java";
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("not a jar: " + jar, e);
        }
    }
}
