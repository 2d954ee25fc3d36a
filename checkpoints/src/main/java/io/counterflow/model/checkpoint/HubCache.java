package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folder in which huggingface_hub keeps what it downloads: {@code models--org--name/snapshots/commit}, and in {@code refs} the commit
 * of each revision.
 *
 * @param folder need not exist
 */
public record HubCache(Path folder) {
    private static final Pattern NAME = Pattern.compile("[\\w.-]+(/[\\w.-]+)?");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern REPOSITORY = Pattern.compile("models--(.+)");

    /**
     * A model on a hub at some commit.
     *
     * @param name {@code org/name}
     */
    public record Snapshot(String name, String commit) {}

    public HubCache {
        requireNonNull(folder, "folder is null");
    }

    /** {@code HF_HUB_CACHE}, or {@code hub} in {@code HF_HOME}, or where huggingface_hub keeps it without them. */
    public static HubCache of(Map<String, String> environment, Path home) {
        return new HubCache(text(environment, "HF_HUB_CACHE")
                .map(Path::of)
                .orElse(hubHome(environment, home).resolve("hub")));
    }

    /** Of this process's environment. */
    public static HubCache ofEnvironment() {
        return of(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    /** {@code HF_HOME}, or its place without it. */
    public static Path hubHome(Map<String, String> environment, Path home) {
        return text(environment, "HF_HOME").map(Path::of).orElseGet(() -> text(environment, "XDG_CACHE_HOME")
                .map(Path::of)
                .orElse(home.resolve(".cache"))
                .resolve("huggingface"));
    }

    private static Optional<String> text(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    /** Which model a folder of such a cache holds, wherever the cache is; empty of any other folder. */
    public static Optional<Snapshot> snapshotIn(Path folder) {
        Path commit = folder.toAbsolutePath().normalize();
        if (commit.getNameCount() < 3 || !commit.getParent().endsWith("snapshots")) {
            return Optional.empty();
        }
        Matcher repository =
                REPOSITORY.matcher(commit.getParent().getParent().getFileName().toString());
        String id = commit.getFileName().toString();
        return repository.matches() && COMMIT.matcher(id).matches()
                ? Optional.of(new Snapshot(repository.group(1).replaceFirst("--", "/"), id))
                : Optional.empty();
    }

    /**
     * The folder of a model, as far as this cache has it; its weights may still be missing.
     *
     * @param name {@code org/name}; of another form there is none
     * @param revision a commit, branch or tag; {@code main} if empty
     */
    public Optional<Path> find(String name, Optional<String> revision) {
        if (!isName(name)) {
            return Optional.empty();
        }
        Path repository = folder.resolve("models--" + name.replace("/", "--"));
        return commit(repository, revision.orElse("main"))
                .map(commit -> repository.resolve("snapshots").resolve(commit))
                .filter(Files::isDirectory);
    }

    /** Whether a text can be the name of a model on a hub. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches() && !text.contains("..") && !text.startsWith(".") && !text.contains("/.");
    }

    private static Optional<String> commit(Path repository, String revision) {
        if (COMMIT.matcher(revision).matches()) {
            return Optional.of(revision);
        }
        Path refs = repository.resolve("refs").normalize();
        Path ref = refs.resolve(revision).normalize();
        try {
            return ref.startsWith(refs) && Files.isRegularFile(ref)
                    ? Optional.of(Files.readString(ref).strip())
                            .filter(text -> COMMIT.matcher(text).matches())
                    : Optional.empty();
        } catch (IOException e) {
            throw new CheckpointException("cannot read %s: %s".formatted(ref, e), e);
        }
    }
}
