package io.counterflow.examples.readingease;

import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The Flesch reading ease of an English text (R. Flesch, "A new readability yardstick", 1948); syllables are counted by groups of
 * vowels.
 *
 * @param words how many words it has
 * @param sentences how many sentences; 1 at least
 * @param syllables how many syllables
 */
record ReadingEase(int words, int sentences, int syllables) {

    private static final Pattern WORD = Pattern.compile("\\p{L}+(?:'\\p{L}+)?");
    private static final Pattern SENTENCE_END = Pattern.compile("[.!?]+(?=\\s|$)");
    private static final Pattern VOWELS = Pattern.compile("[aeiouy]+");
    private static final Pattern SILENT_END = Pattern.compile("(?<=[^aeiouyl])es?$|(?<=[^aeiouyldt])ed$");

    static ReadingEase of(String text) {
        int words = 0;
        int syllables = 0;
        for (MatchResult word : WORD.matcher(text).results().toList()) {
            words++;
            syllables += syllables(word.group().toLowerCase(Locale.ROOT));
        }
        int sentences = (int) SENTENCE_END.matcher(text.strip()).results().count();
        return new ReadingEase(words, Math.max(1, sentences), syllables);
    }

    private static int syllables(String word) {
        String voiced = SILENT_END.matcher(word).replaceFirst("");
        return Math.max(1, (int) VOWELS.matcher(voiced).results().count());
    }

    double wordsPerSentence() {
        return (double) words / sentences;
    }

    double syllablesPerWord() {
        return (double) syllables / words;
    }

    /** About 120 for the easiest text, 60 to 70 for plain English, below 30 for the hardest. */
    double ease() {
        return 206.835 - 1.015 * wordsPerSentence() - 84.6 * syllablesPerWord();
    }
}
