package io.counterflow.cli.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a package's maintainer wrote of it (Debian Policy, section 5.6.13).
 *
 * @param id name of the package
 * @param document first paragraph of the extended description, on one line
 * @param summary the synopsis
 */
record DebianDescription(String id, String document, String summary) {

    static final int SHORTEST = 120;
    static final int LONGEST = 900;

    private static final String FIELD = "Description-en: ";
    private static final String PACKAGE = "Package: ";

    /** What the policy is asked, and what a good answer is. */
    String prompt() {
        return document + "\nTL;DR:";
    }

    String completion() {
        return " " + summary;
    }

    /**
     * Reads an index of English descriptions, {@code Translation-en}.
     *
     * @return by name; packages whose first paragraph is too short or too long, or is another's, are left out
     */
    static List<DebianDescription> parse(BufferedReader index) throws IOException {
        TreeMap<String, DebianDescription> byName = new TreeMap<>();
        List<String> stanza = new ArrayList<>();
        for (String line = index.readLine(); ; line = index.readLine()) {
            if (line != null && !line.isEmpty()) {
                stanza.add(line);
                continue;
            }
            of(stanza).ifPresent(d -> byName.putIfAbsent(d.id(), d));
            stanza.clear();
            if (line == null) {
                break;
            }
        }
        Set<String> documents = new HashSet<>();
        return byName.values().stream().filter(d -> documents.add(d.document())).toList();
    }

    private static Optional<DebianDescription> of(List<String> stanza) {
        String id = null;
        String summary = null;
        StringBuilder paragraph = new StringBuilder();
        boolean inParagraph = false;
        for (String line : stanza) {
            if (line.startsWith(PACKAGE)) {
                id = line.substring(PACKAGE.length()).strip();
            } else if (line.startsWith(FIELD)) {
                summary = line.substring(FIELD.length()).strip();
                inParagraph = true;
            } else if (inParagraph && line.startsWith(" ")) {
                String text = line.strip();
                if (text.equals(".")) {
                    inParagraph = paragraph.length() == 0;
                } else {
                    paragraph.append(paragraph.length() == 0 ? "" : " ").append(text);
                }
            } else {
                inParagraph = false;
            }
        }
        String document = paragraph.toString().replaceAll("\\s+", " ");
        boolean fits = document.length() >= SHORTEST && document.length() <= LONGEST;
        return id == null || summary == null || summary.isEmpty() || !fits
                ? Optional.empty()
                : Optional.of(new DebianDescription(id, document, summary));
    }
}
