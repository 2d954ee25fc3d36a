package io.counterflow.cli.deadletters;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import io.counterflow.log.deadletters.Letter;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Dead letters as text: a table for people, an object a line for programs. */
final class LetterList {

    private static final int CAUSE_WIDTH = 70;
    private static final int LONGEST_KIND = 40;
    private static final ObjectMapper JSON = new ObjectMapper();

    private LetterList() {}

    /** The newest letters as a table, and how many there are of each kind. */
    static String table(List<Letter> letters, int limit) {
        List<Letter> shown = letters.subList(Math.max(0, letters.size() - limit), letters.size());
        String table = AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                shown,
                List.of(
                        left("failed at").with(LetterList::failedAt),
                        left("component").with((Letter l) -> l.content().getComponent()),
                        left("topic").with((Letter l) -> l.content().getTopic()),
                        left("position").with(LetterList::position),
                        left("key").with((Letter l) -> l.key() == null ? "-" : l.key()),
                        left("cause")
                                .maxWidth(CAUSE_WIDTH, OverflowBehaviour.ELLIPSIS_RIGHT)
                                .with((Letter l) -> l.content().getCause()),
                        left("").with((Letter l) -> l.redriven() ? "sent again" : "waits")));
        Map<String, Long> kinds = letters.stream()
                .collect(Collectors.groupingBy(
                        l -> l.content().getComponent() + " " + kind(l.content()),
                        TreeMap::new,
                        Collectors.counting()));
        String counts = kinds.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .map(e -> e.getValue() + " of " + e.getKey())
                .collect(Collectors.joining(", "));
        String howMany = shown.size() < letters.size()
                ? "the newest " + shown.size() + " of " + letters.size() + " letters: "
                : letters.size() + " letters: ";
        return table + System.lineSeparator() + howMany + counts;
    }

    /** One letter as a JSON object. */
    static String json(Letter letter, Optional<Completion> completion) {
        DeadLetter content = letter.content();
        ObjectNode object = JSON.createObjectNode()
                .put(
                        "position",
                        letter.position().partition() + ":" + letter.position().offset())
                .put("failedAt", content.getFailedAt().toString())
                .put("component", content.getComponent())
                .put("cause", content.getCause())
                .put("topic", content.getTopic())
                .put("partition", content.getPartition())
                .put("offset", content.getOffset())
                .put("key", letter.key())
                .put(
                        "bytes",
                        content.getValue() == null ? 0 : content.getValue().remaining())
                .put("redriven", letter.redriven());
        completion.ifPresent(c -> object.put("completionId", c.getCompletionId())
                .put("groupId", c.getGroupId())
                .put("runId", c.getRunId()));
        try {
            return JSON.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values", e);
        }
    }

    private static Column left(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT);
    }

    private static String failedAt(Letter letter) {
        return letter.content().getFailedAt().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String position(Letter letter) {
        DeadLetter content = letter.content();
        return content.getPartition() < 0 ? "-" : content.getPartition() + ":" + content.getOffset();
    }

    /** Scorers' causes begin with the outcome and a colon. */
    private static String kind(DeadLetter letter) {
        int colon = letter.getCause().indexOf(':');
        return colon > 0 && colon < LONGEST_KIND ? letter.getCause().substring(0, colon) : "other";
    }
}
