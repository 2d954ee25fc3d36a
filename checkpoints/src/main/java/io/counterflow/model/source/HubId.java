package io.counterflow.model.source;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a model on a hub.
 *
 * @param repository {@code organisation/name}, or the bare name that a few old models have
 * @param revision branch, tag or commit
 */
record HubId(String repository, String revision) {
    private static final Pattern FORM = Pattern.compile("([\\w.-]+(?:/[\\w.-]+)?)(?:@([\\w./-]+))?");

    /** @throws SourceException if the text is not of the form {@code org/name@revision} or {@code org/name} */
    static HubId parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || text.contains("..") || text.startsWith(".") || text.contains("/.")) {
            throw new SourceException(
                    "\"%s\" is not the name of a model on a hub; the form is hf:org/name or hf:org/name@revision"
                            .formatted(text));
        }
        return new HubId(matcher.group(1), matcher.group(2) == null ? "main" : matcher.group(2));
    }

    /** Name of the folder in the cache, as huggingface_hub has it. */
    String cacheFolder() {
        return "models--" + repository.replace("/", "--");
    }

    boolean isCommit() {
        return revision.matches("[0-9a-f]{40}");
    }

    @Override
    public String toString() {
        return "hf:" + repository + "@" + revision;
    }
}
