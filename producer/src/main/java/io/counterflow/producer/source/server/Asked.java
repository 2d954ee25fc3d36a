package io.counterflow.producer.source.server;

import java.util.List;
import java.util.Optional;

/**
 * One completion to ask a server for.
 *
 * @param model as the server names it, without adapter
 * @param adapter that is to be used, as it was named when it was loaded
 * @param seed of 31 bits
 * @param temperature 0 is greedy
 * @param topK 0 keeps all
 * @param topP 1 keeps all
 * @param repetitionPenalty 1 is none
 * @param stopStrings it ends before the first of them
 */
public record Asked(
        String model,
        Optional<String> adapter,
        int[] promptTokenIds,
        long seed,
        double temperature,
        int topK,
        double topP,
        double repetitionPenalty,
        int maxTokens,
        List<String> stopStrings) {}
