package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The columns of a line that say how its completions were sampled, taken out of it. A column that is of another kind than its usual name promises stays
 * metadata, unless it was named.
 */
final class SampleColumns {

    /** Settings of single columns are believed only beside tokens: elsewhere {@code temperature} may be the weather's. */
    private static final Set<SampleField> SETTINGS = Set.of(
            SampleField.TEMPERATURE,
            SampleField.TOP_K,
            SampleField.TOP_P,
            SampleField.REPETITION_PENALTY,
            SampleField.MAX_TOKENS,
            SampleField.SEED);

    private final Map<SampleField, List<Column>> columns;
    private final boolean wholeSequences;

    /** A column with its name. */
    record Column(String name, JsonNode value) {}

    private SampleColumns(Map<SampleField, List<Column>> columns, boolean wholeSequences) {
        this.columns = columns;
        this.wholeSequences = wholeSequences;
    }

    /**
     * Takes them.
     *
     * @param rest loses the columns that were taken
     * @param named columns by field; an empty name for none
     */
    static SampleColumns take(ObjectNode rest, Map<SampleField, String> named) throws BadLineException {
        Map<SampleField, List<Column>> found = new EnumMap<>(SampleField.class);
        for (SampleField field : SampleField.values()) {
            List<Column> present = find(rest, field, named.get(field));
            if (!present.isEmpty()) {
                found.put(field, present);
            }
        }
        boolean divided = found.containsKey(SampleField.MASK) || found.containsKey(SampleField.RANGES);
        boolean whole = found.containsKey(SampleField.SEQUENCE_TOKEN_IDS);
        if (whole && !divided && !found.containsKey(SampleField.TOKEN_IDS)) {
            if (named.containsKey(SampleField.SEQUENCE_TOKEN_IDS)) {
                throw new BadLineException("'" + named.get(SampleField.SEQUENCE_TOKEN_IDS)
                        + "' has prompt and completion in one, and no mask says where the completion begins");
            }
            found.remove(SampleField.SEQUENCE_TOKEN_IDS);
            whole = false;
        }
        // NeMo-RL and prime-rl write whole sequences under this name, with a mask of the loss; servers write
        // completions.
        boolean lossMask = found.getOrDefault(SampleField.MASK, List.of()).stream()
                .anyMatch(c -> c.name().endsWith("loss_mask"));
        List<Column> ids = found.get(SampleField.TOKEN_IDS);
        if (ids != null
                && !named.containsKey(SampleField.TOKEN_IDS)
                && ids.get(0).name().equals("token_ids")
                && lossMask
                && !found.containsKey(SampleField.PROMPT_TOKEN_IDS)) {
            found.put(SampleField.SEQUENCE_TOKEN_IDS, found.remove(SampleField.TOKEN_IDS));
            whole = true;
        } else if (ids != null && whole) {
            found.remove(SampleField.SEQUENCE_TOKEN_IDS);
            whole = false;
        }
        if (whole) {
            found.remove(SampleField.PROMPT_TOKEN_IDS);
        }
        boolean exact = whole || found.containsKey(SampleField.TOKEN_IDS);
        if (!exact) {
            refuseWithoutTokens(found, named);
        }
        found.keySet().removeIf(field -> !exact && isOfTokens(field) && !named.containsKey(field));
        for (List<Column> taken : found.values()) {
            taken.forEach(column -> rest.remove(column.name()));
        }
        return new SampleColumns(found, whole);
    }

    private static boolean isOfTokens(SampleField field) {
        return SETTINGS.contains(field)
                || field == SampleField.LOG_PROBABILITIES
                || field == SampleField.SEQUENCE_LENGTH
                || field == SampleField.ATTENTION_MASK
                || field == SampleField.PROMPT_TOKEN_IDS;
    }

    /** A mask that would be dropped lets a policy learn what it never said. */
    private static void refuseWithoutTokens(Map<SampleField, List<Column>> found, Map<SampleField, String> named)
            throws BadLineException {
        for (SampleField field : List.of(SampleField.MASK, SampleField.RANGES, SampleField.LOG_PROBABILITIES)) {
            if (found.containsKey(field) && (field != SampleField.LOG_PROBABILITIES || named.containsKey(field))) {
                String name = found.get(field).get(0).name();
                throw new BadLineException(
                        "'%s' is of tokens whose ids the line does not have; --column %s= takes '%s' for metadata"
                                .formatted(name, field.label(), name));
            }
        }
    }

    private static List<Column> find(ObjectNode rest, SampleField field, String named) throws BadLineException {
        if (named != null) {
            if (named.isEmpty()) {
                return List.of();
            }
            if (!rest.hasNonNull(named)) {
                throw new BadLineException(
                        (rest.has(named) ? "'" + named + "' is null" : "no column " + named) + " for " + field.label());
            }
            return List.of(new Column(named, rest.get(named)));
        }
        List<Column> found = new ArrayList<>();
        for (String name : field.columns()) {
            if (rest.hasNonNull(name) && looksLike(field, rest.get(name))) {
                found.add(new Column(name, rest.get(name)));
                if (field != SampleField.MASK) {
                    break;
                }
            }
        }
        return found;
    }

    private static boolean looksLike(SampleField field, JsonNode value) {
        return switch (field) {
            case PROMPT_TOKEN_IDS, TOKEN_IDS, SEQUENCE_TOKEN_IDS, ATTENTION_MASK, MASK, LOG_PROBABILITIES ->
                innermost(value).map(v -> v.isNumber() || v.isBoolean()).orElse(false);
            case RANGES -> innermost(value).map(JsonNode::isNumber).orElse(false);
            case SAMPLING -> value.isObject();
            case FINISH_REASON, POLICY_SHA256 -> value.isTextual() || value.isArray();
            case POLICY_VERSION ->
                wholeNumber(value) || value.isArray() && value.size() > 0 && wholeNumber(value.get(0));
            default -> value.isNumber() || value.isArray();
        };
    }

    private static boolean wholeNumber(JsonNode value) {
        return value.isIntegralNumber()
                || value.isTextual() && value.textValue().matches("\\d{1,18}");
    }

    private static Optional<JsonNode> innermost(JsonNode value) {
        JsonNode inner = value;
        while (inner.isArray() && !inner.isEmpty()) {
            inner = inner.get(0);
        }
        return value.isArray() && !inner.isArray() ? Optional.of(inner) : Optional.empty();
    }

    /** Whether the line has its completions' tokens. */
    boolean isExact() {
        return wholeSequences || columns.containsKey(SampleField.TOKEN_IDS);
    }

    /** Whether prompt and completion are in one. */
    boolean wholeSequences() {
        return wholeSequences;
    }

    /** Whether something says which tokens the policy wrote. */
    boolean isMasked() {
        return columns.containsKey(SampleField.MASK) || columns.containsKey(SampleField.RANGES);
    }

    /** The first column of a field. */
    Optional<Column> column(SampleField field) {
        return Optional.ofNullable(columns.get(field)).map(all -> all.get(0));
    }

    /** Every column of a field. */
    List<Column> all(SampleField field) {
        return columns.getOrDefault(field, List.of());
    }

    private Column ids() {
        return column(wholeSequences ? SampleField.SEQUENCE_TOKEN_IDS : SampleField.TOKEN_IDS)
                .orElseThrow();
    }

    /** Whether the columns have an array for each completion, where they have tokens. */
    boolean isNested() {
        JsonNode value = ids().value();
        return !value.isEmpty() && value.get(0).isArray();
    }

    /** How many completions there are tokens of; 1 where there are none. */
    int completions() {
        return isExact() && isNested() ? ids().value().size() : 1;
    }

    /** Of a value for all or one for each, the one of completion {@code i}. */
    Optional<JsonNode> single(SampleField field, int i, int completions) throws BadLineException {
        Optional<Column> column = column(field);
        if (column.isEmpty()) {
            return Optional.empty();
        }
        JsonNode value = column.get().value();
        if (!value.isArray()) {
            return Optional.of(value);
        }
        if (value.size() != completions) {
            throw new BadLineException("'%s' has %d values for %d completion%s"
                    .formatted(column.get().name(), value.size(), completions, completions == 1 ? "" : "s"));
        }
        return Optional.of(value.get(i)).filter(v -> !v.isNull());
    }

    /** Of arrays of tokens, that of completion {@code i}. */
    JsonNode array(Column column, int i, int completions) throws BadLineException {
        JsonNode value = column.value();
        boolean nested = isExact() && isNested();
        // A prompt is one for all, or one for each.
        boolean shared = nested && !value.isEmpty() && !value.get(0).isArray();
        if (!nested || shared) {
            if (shared
                    && completions > 1
                    && !columns.getOrDefault(SampleField.PROMPT_TOKEN_IDS, List.of())
                            .contains(column)) {
                throw new BadLineException("'" + column.name() + "' has no array for each of the " + completions
                        + " completions, but " + JsonLinesFile.abbreviated(value));
            }
            return value;
        }
        if (value.size() != completions || !value.get(i).isArray()) {
            throw new BadLineException("'%s' has %d arrays for %d completion%s"
                    .formatted(column.name(), value.size(), completions, completions == 1 ? "" : "s"));
        }
        return value.get(i);
    }
}
