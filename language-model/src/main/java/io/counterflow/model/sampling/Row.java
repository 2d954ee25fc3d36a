package io.counterflow.model.sampling;

import io.counterflow.model.tokenizer.StoppableText;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** One completion while it is being sampled, and when it is done. */
public final class Row {
    /** Why a completion ended. */
    public enum Ending {
        END_TOKEN,
        /** As many tokens as were allowed, or as fitted into the context. */
        FULL,
        STOP_STRING
    }

    private final int[] prompt;
    private final Filters filters;
    private final StopRule stop;
    private final Optional<StoppableText> watched;
    private final SplittableRandom random;
    private int[] tokens = new int[16];
    private float[] logProbabilities = new float[16];
    private int length;
    private double[] draws = new double[16];
    private int drawn;
    private Ending ending;
    private String text;

    /**
     * @param prompt at least one token
     * @param random where this row's draws come from, and no other's
     */
    public Row(int[] prompt, Filters filters, StopRule stop, SplittableRandom random) {
        this.prompt = prompt;
        this.filters = filters;
        this.stop = stop;
        watched = stop.watched(prompt);
        this.random = random;
    }

    int[] prompt() {
        return prompt;
    }

    Filters filters() {
        return filters;
    }

    /** As many tokens as the rule allows and the context has room for. */
    int mostTokens(int context) {
        return Math.min(stop.maxTokens(), context - prompt.length);
    }

    /** How many tokens may still follow. */
    int room(int context) {
        return finished() ? 0 : mostTokens(context) - length;
    }

    /** From this row's own stream, uniform in [0, 1): the number that decides the token {@code ahead} places after the next one. */
    double draw(int ahead) {
        int token = length + ahead;
        while (drawn <= token) {
            if (drawn == draws.length) {
                draws = Arrays.copyOf(draws, 2 * drawn);
            }
            draws[drawn++] = random.nextDouble();
        }
        return draws[token];
    }

    /** Tokens that end this row. */
    Set<Integer> endTokens() {
        return stop.endTokens();
    }

    boolean finished() {
        return ending != null;
    }

    /** Takes the next token; does nothing when the completion is finished. */
    void take(int token, float logProbability, int context) {
        if (finished()) {
            return;
        }
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * length);
            logProbabilities = Arrays.copyOf(logProbabilities, 2 * length);
        }
        tokens[length] = token;
        logProbabilities[length++] = logProbability;
        if (stop.endTokens().contains(token)) {
            finish(Ending.END_TOKEN, length - 1);
        } else if (watched.isPresent() && watched.get().append(token)) {
            finish(Ending.STOP_STRING, length);
        } else if (length == mostTokens(context)) {
            finish(Ending.FULL, length);
        }
    }

    private void finish(Ending why, int tokensOfText) {
        ending = why;
        text = watched.map(StoppableText::text).orElseGet(() -> stop.text(prompt, Arrays.copyOf(tokens, tokensOfText)));
    }

    /** What was sampled so far, the end token included. */
    public int[] tokens() {
        return Arrays.copyOf(tokens, length);
    }

    /** ln p of each token at temperature 1 without filters. */
    public float[] logProbabilities() {
        return Arrays.copyOf(logProbabilities, length);
    }

    /** The completion without special tokens, cut before a stop string; null until it is finished. */
    public String text() {
        return text;
    }

    /** Null until it is finished. */
    public Ending ending() {
        return ending;
    }
}
