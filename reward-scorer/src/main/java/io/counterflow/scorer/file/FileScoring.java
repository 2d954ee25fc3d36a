package io.counterflow.scorer.file;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.files.WholeFile;
import io.counterflow.log.lines.BrokenLineException;
import io.counterflow.log.lines.LineReader;
import io.counterflow.log.lines.NotJsonLinesException;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Scores the completions of a file. Input: one request a line, as in {@link JsonExchange}; output: one outcome a line, in the order
 * of the input, with the request's {@code id} (its number among the lines that are not empty where it has none). A line that is no request is rejected under its {@code id}, not
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
     */
    public record Summary(int lines, int scored, double mean) {}

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
     * @throws IOException when the input cannot be read or has no line, or the output cannot be written
     * @throws IllegalArgumentException when both are the same file
     * @throws Exception what the scorer throws
     */
    public Summary score(Path input, Path output) throws Exception {
        return score(input, output, outcome -> {});
    }

    /** The same; {@code each} sees every outcome as it is written, with its {@code id}. */
    public Summary score(Path input, Path output, Consumer<ObjectNode> each) throws Exception {
        if (Files.exists(output) && Files.exists(input) && Files.isSameFile(input, output)) {
            throw new IllegalArgumentException(output + " is the input; give another --output");
        }
        int lines = 0;
        int scored = 0;
        double sum = 0;
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
                    for (ObjectNode outcome : score(batch, lines)) {
                        if (outcome.has("value")) {
                            scored++;
                            sum += outcome.get("value").asDouble();
                        }
                        each.accept(outcome);
                        out.write(JsonExchange.text(outcome));
                        out.write('\n');
                    }
                    lines += batch.size();
                    batch.clear();
                }
            } while (line != null);
            if (lines == 0) {
                throw new IOException(input + " has no line that is not empty, so there is nothing to score");
            }
            out.flush();
            whole.commit();
        }
        return new Summary(lines, scored, scored == 0 ? Double.NaN : sum / scored);
    }

    private static LineReader reader(Path input) throws IOException {
        try {
            return LineReader.open(input);
        } catch (NotJsonLinesException e) {
            throw new IOException(input + " " + e.getMessage(), e);
        }
    }

    private List<ObjectNode> score(List<LineReader.Line> batch, int linesBefore) throws Exception {
        ScoreOutcome[] outcomes = new ScoreOutcome[batch.size()];
        String[] ids = new String[batch.size()];
        List<ScoreRequest> requests = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            ids[i] = Integer.toString(linesBefore + i + 1);
            LineReader.Line line = batch.get(i);
            try {
                ids[i] = JsonExchange.idOf(line.text()).orElse(ids[i]);
                JsonExchange.readRequest(line.text(), ids[i]);
                // What it says beside a request must be sound, too: what stands twice, or is no Unicode, was guessed
                // at.
                ScoreRequest request = JsonExchange.readRequest(StrictJson.object(line.text()), ids[i]);
                ids[i] = request.id();
                requests.add(request);
                places.add(i);
            } catch (BrokenLineException e) {
                outcomes[i] = new Rejected("line " + line.number() + ": " + e.getMessage());
            } catch (IllegalArgumentException e) {
                outcomes[i] = new Rejected(e.getMessage());
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
