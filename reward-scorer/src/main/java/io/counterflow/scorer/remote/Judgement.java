package io.counterflow.scorer.remote;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a judge's answer. The verdict is its last line and stands nowhere else; what is not clear is a failure, never a guess. */
final class Judgement {

    /** With Markdown round it or not, as a sentence or not, and with the scale behind it or not. */
    private static final Pattern SCORE = Pattern.compile(
            "[*_`#\\s]*Score[*_`]*:[*_`\\s]*(-?\\d+(?:\\.\\d+)?)(?:\\s*/\\s*(\\d+(?:\\.\\d+)?))?[*_`]*\\.?[*_`\\s]*");

    private final double min;
    private final double max;
    private final int maxTokens;

    Judgement(double min, double max, int maxTokens) {
        this.min = min;
        this.max = max;
        this.maxTokens = maxTokens;
    }

    /** The outcome that the answer of an endpoint {@code /chat/completions} is. */
    ScoreOutcome read(JsonNode answer) {
        JsonNode choice = answer.at("/choices/0");
        if (choice.path("finish_reason").asText().equals("length")) {
            // Its last line may be the half of one: a score of 1 where 10 was to come.
            return new Failed("the judge's answer was cut off by maxTokens (" + maxTokens + ")");
        }
        JsonNode content = choice.at("/message/content");
        return content.isTextual() ? read(content.asText()) : new Failed("the judge's answer has no text");
    }

    /** The outcome that the words of a judge are. */
    ScoreOutcome read(String words) {
        String[] lines = words.strip().split("\\R");
        String last = lines[lines.length - 1].strip();
        Matcher verdict = SCORE.matcher(last);
        if (!verdict.matches()) {
            return new Failed("the judge's last line is not 'Score: N' but '" + last + "'");
        }
        if (verdict.group(2) != null && Double.parseDouble(verdict.group(2)) != max) {
            return new Failed("the judge's last line, '" + last + "', is of another scale than " + min + " to " + max);
        }
        Set<Double> scores = new TreeSet<>();
        for (String line : lines) {
            Matcher score = SCORE.matcher(line);
            if (score.matches()) {
                scores.add(Double.parseDouble(score.group(1)));
            }
        }
        if (scores.size() > 1) {
            return new Failed("the judge gives several scores, " + scores + "; which is its own, nobody can tell");
        }
        double score = Double.parseDouble(verdict.group(1));
        if (score < min || score > max) {
            return new Failed("the judge's score " + score + " is not between " + min + " and " + max);
        }
        return ScoreOutcome.of((score - min) / (max - min), Map.of("score", score), Map.of("judgement", words.strip()));
    }
}
