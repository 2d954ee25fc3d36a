package io.counterflow.scorer.file;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.BrokenLineException;
import io.counterflow.log.lines.LineReader;
import io.counterflow.log.lines.NotJsonLinesException;
import io.counterflow.log.lines.WholeFile;
import io.counterflow.scorer.ScoreOutcome;
import io.counterflow.scorer.ScoreOutcome.Rejected;
import io.counterflow.scorer.ScoreRequest;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Scores the completions of a file. Input: one request a line, as in {@link JsonExchange}; output: one outcome a line, in the order
 * of the input, with the request's {@code id} (its line number where it has none). A line that is no request is rejected, not
 * skipped. One thread.
 */
public final class FileScoring {

    private final Scorer scorer;
    private final int batchSize;

    /**
     * What came of a file.
     *
     * @param lines lines read
     * @param scored lines that have a score
     * @param mean mean of the scores, NaN when there are none
     * @param notScored lines that have none, by what the outcome is called: rejected, failed, timedOut
     * @param sameId lines whose id an earlier line has
     */
    public record Summary(int lines, int scored, double mean, Map<String, Integer> notScored, int sameId) {}

    /**
     * Scoring with {@code scorer}.
     *
     * @param scorer one that does not throw: decorated, see {@link io.counterflow.scorer.decorator.ScorerSettings}
     * @param batchSize completions in one call
     */
    public FileScoring(Scorer scorer, int batchSize) {
        this.scorer = requireNonNull(scorer, "scorer is null");
        this.batchSize = batchSize;
        if (batchSize < 1) {
            throw new IllegalArgumentException("batchSize " + batchSize + " must be at least 1");
        }
    }

    /**
     * Scores a file. The output is there whole or not at all; what was there before stays until then.
     *
     * @throws IOException when the input cannot be read or the output not be written
     * @throws IllegalArgumentException when both are the same file
     * @throws Exception what the scorer throws
     */
    public Summary score(Path input, Path output) throws Exception {
        if (Files.exists(output) && Files.exists(input) && Files.isSameFile(input, output)) {
            throw new IllegalArgumentException(output + " is the input; give another --output");
        }
        Counts counts = new Counts();
        try (LineReader in = reader(input);
                WholeFile whole = WholeFile.create(output)) {
            BufferedWriter out = new BufferedWriter(new OutputStreamWriter(whole.out(), StandardCharsets.UTF_8));
            List<LineReader.Line> batch = new ArrayList<>();
            LineReader.Line line;
            do {
                line = in.next();
                if (line != null && !line.isBlank()) {
                    batch.add(line);
                }
                if (batch.size() == batchSize || (line == null && !batch.isEmpty())) {
                    for (ObjectNode outcome : score(batch)) {
                        counts.add(outcome);
                        out.write(JsonExchange.text(outcome));
                        out.write('\n');
                    }
                    batch.clear();
                }
            } while (line != null);
            out.flush();
            whole.commit();
        }
        return counts.summary();
    }

    private static LineReader reader(Path input) throws IOException {
        try {
            return LineReader.open(input);
        } catch (NotJsonLinesException e) {
            throw new IOException(input + " " + e.getMessage(), e);
        }
    }

    private static final class Counts {
        private final Set<String> ids = new HashSet<>();
        private final Map<String, Integer> notScored = new TreeMap<>();
        private int lines;
        private int scored;
        private int sameId;
        private double sum;

        void add(ObjectNode outcome) {
            lines++;
            if (!ids.add(outcome.get("id").asText())) {
                sameId++;
            }
            if (outcome.has("value")) {
                scored++;
                sum += outcome.get("value").asDouble();
            } else {
                outcome.fieldNames().forEachRemaining(name -> {
                    if (!name.equals("id")) {
                        notScored.merge(name, 1, Integer::sum);
                    }
                });
            }
        }

        Summary summary() {
            return new Summary(lines, scored, scored == 0 ? Double.NaN : sum / scored, notScored, sameId);
        }
    }

    private List<ObjectNode> score(List<LineReader.Line> batch) throws Exception {
        ScoreOutcome[] outcomes = new ScoreOutcome[batch.size()];
        String[] ids = new String[batch.size()];
        List<ScoreRequest> requests = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            ids[i] = Long.toString(batch.get(i).number());
            try {
                ScoreRequest request = JsonExchange.readRequest(batch.get(i).text(), ids[i]);
                ids[i] = request.id();
                requests.add(request);
                places.add(i);
            } catch (BrokenLineException | IllegalArgumentException e) {
                outcomes[i] = new Rejected("line " + batch.get(i).number() + ": " + e.getMessage());
            }
        }
        List<ScoreOutcome> found = requests.isEmpty() ? List.of() : scorer.score(requests);
        for (int i = 0; i < places.size(); i++) {
            outcomes[places.get(i)] = found.get(i);
        }
        List<ObjectNode> written = new ArrayList<>();
        for (int i = 0; i < outcomes.length; i++) {
            ObjectNode node = JsonExchange.node(outcomes[i]);
            node.put("id", ids[i]);
            written.add(node);
        }
        return written;
    }
}
