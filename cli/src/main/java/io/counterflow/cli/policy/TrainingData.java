package io.counterflow.cli.policy;

import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.TokenSequence;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What a policy is fitted to, and what it is measured on.
 *
 * @param training sequences to learn from, in the order of the lines
 * @param heldOut sequences to measure the loss on
 * @param tooLong lines of the training files that were left out because they have too many tokens
 * @param longest tokens that a sequence may have
 */
record TrainingData(List<TokenSequence> training, List<TokenSequence> heldOut, int tooLong, int longest) {

    TrainingData {
        training = List.copyOf(training);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Reads files one after the other.
     *
     * @param share of the sequences that is held out, each by a draw of its own; 0 for none, and no draw
     * @param skipped takes one line for each broken one
     * @throws io.counterflow.log.lines.BadLinesException where lines are broken and they are not to be skipped
     */
    static TrainingData read(
            TrainingTexts texts,
            List<Path> files,
            OnBadLine onBadLine,
            double share,
            RandomGenerator random,
            Consumer<String> skipped) {
        List<TokenSequence> training = new ArrayList<>();
        List<TokenSequence> heldOut = new ArrayList<>();
        int tooLong = 0;
        for (Path file : files) {
            TrainingTexts.Read read = read(texts, file, onBadLine, skipped);
            tooLong += read.tooLong();
            for (TokenSequence sequence : read.sequences()) {
                (share > 0 && random.nextDouble() < share ? heldOut : training).add(sequence);
            }
        }
        return new TrainingData(training, heldOut, tooLong, texts.longest());
    }

    /** This, with another file that is held out as a whole. */
    TrainingData with(TrainingTexts texts, Path file, OnBadLine onBadLine, Consumer<String> skipped) {
        List<TokenSequence> all = new ArrayList<>(heldOut);
        all.addAll(read(texts, file, onBadLine, skipped).sequences());
        return new TrainingData(training, all, tooLong, longest);
    }

    private static TrainingTexts.Read read(
            TrainingTexts texts, Path file, OnBadLine onBadLine, Consumer<String> skipped) {
        TrainingTexts.Read read = texts.read(file, onBadLine);
        read.badLines().forEach(line -> skipped.accept(file + ", " + line + " (skipped)"));
        return read;
    }

    /** In one line. */
    String shown() {
        return String.format(
                Locale.ROOT,
                "data: %d lines to learn from, %,d tokens of loss; %d held out%s",
                training.size(),
                training.stream().mapToLong(s -> s.completion().length).sum(),
                heldOut.size(),
                tooLong == 0 ? "" : "; " + tooLong + " longer than " + longest + " tokens left out");
    }
}
