package io.counterflow.scorer.learned;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The sentences of a text: Unicode's rules (UAX 29), as {@link BreakIterator} has them, but no end after a usual English abbreviation or an
 * initial, and one at each blank line. What has neither letter nor digit is no sentence.
 */
final class Sentences {

    private static final Pattern ABBREVIATION = Pattern.compile(
            "(?:^|[\\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|No|Fig|Eq|cf|[A-Z]|(?:[A-Za-z]\\.)+[A-Za-z])\\.\\s*$");
    private static final Pattern PARAGRAPHS = Pattern.compile("\\n\\s*\\n");

    private Sentences() {}

    /** The sentences, without the white space around them. */
    static List<String> of(String text) {
        List<String> sentences = new ArrayList<>();
        for (String paragraph : PARAGRAPHS.split(text)) {
            divide(paragraph, sentences);
        }
        return sentences;
    }

    private static void divide(String paragraph, List<String> sentences) {
        BreakIterator breaks = BreakIterator.getSentenceInstance(Locale.ROOT);
        breaks.setText(paragraph);
        int from = 0;
        for (int to = breaks.next(); to != BreakIterator.DONE; to = breaks.next()) {
            String sentence = paragraph.substring(from, to);
            if (to < paragraph.length() && ABBREVIATION.matcher(sentence).find()) {
                continue;
            }
            if (sentence.chars().anyMatch(Character::isLetterOrDigit)) {
                sentences.add(sentence.strip());
            }
            from = to;
        }
    }
}
