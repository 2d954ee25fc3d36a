package io.counterflow.scorer.text;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@code json-schema}: 1 where the completion is JSON that a schema allows (draft 2020-12), else 0. */
public final class JsonSchemaScorerFactory implements ScorerFactory<JsonSchemaScorerFactory.Config> {

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final SpecificationVersion DRAFT = SpecificationVersion.DRAFT_2020_12;

    private static final Duration PATTERN_LIMIT = Duration.ofSeconds(2);

    /**
     * Configuration.
     *
     * @param schema the schema; null where each prompt brings its own as metadata {@code json_schema}
     */
    public record Config(
            @JsonPropertyDescription("The schema. Default: each prompt's metadata json_schema.")
            JsonNode schema) {}

    /** For the service loader. */
    public JsonSchemaScorerFactory() {}

    @Override
    public String name() {
        return "json-schema";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    /** A schema's keywords are only looked at when something is held against them, so it is first held against the schema of schemas. */
    @Override
    public void check(Config config) {
        if (config.schema == null || config.schema.isNull()) {
            return;
        }
        SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(DRAFT);
        List<Error> errors = schemas.getSchema(SchemaLocation.of(DRAFT.getDialectId()))
                .validate(config.schema.toString(), InputFormat.JSON);
        if (!errors.isEmpty()) {
            throw new IllegalArgumentException("schema is no JSON schema of draft 2020-12: "
                    + errors.iterator().next().getMessage());
        }
        try {
            schemas.getSchema(config.schema.toString(), InputFormat.JSON).initializeValidators();
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("schema cannot be used: " + e.getMessage(), e);
        }
    }

    @Override
    public Scorer create(Config config) {
        // A policy that finds a text on which a schema's pattern takes for ever must not hold the scorer up.
        SchemaRegistryConfig validation = SchemaRegistryConfig.builder()
                .regularExpressionFactory(expression -> {
                    Pattern pattern = Pattern.compile(expression);
                    return text -> pattern.matcher(new LimitedText(text, PATTERN_LIMIT))
                            .find();
                })
                .build();
        SchemaRegistry schemas =
                SchemaRegistry.withDefaultDialect(DRAFT, registry -> registry.schemaRegistryConfig(validation));
        Schema common = config.schema == null || config.schema.isNull()
                ? null
                : schemas.getSchema(config.schema.toString(), InputFormat.JSON);
        return new EachScorer(request -> {
            Schema schema;
            try {
                schema = common != null ? common : ownSchema(schemas, request);
            } catch (IllegalArgumentException | JsonProcessingException e) {
                return new Rejected(e.getMessage());
            }
            try {
                var unused = JSON.readTree(request.completion());
            } catch (JsonProcessingException e) {
                return ScoreOutcome.of(0, Map.of(), Map.of("errors", "not JSON: " + e.getOriginalMessage()));
            }
            List<Error> errors = schema.validate(request.completion(), InputFormat.JSON);
            return errors.isEmpty()
                    ? ScoreOutcome.of(1)
                    : ScoreOutcome.of(
                            0,
                            Map.of(),
                            Map.of(
                                    "errors",
                                    errors.stream()
                                            .limit(20)
                                            .map(Error::getMessage)
                                            .collect(Collectors.joining("\n"))));
        });
    }

    private static Schema ownSchema(SchemaRegistry schemas, ScoreRequest request) throws JsonProcessingException {
        String own = request.metadata().get("json_schema");
        if (own == null) {
            throw new IllegalArgumentException("no schema: neither in the configuration nor as metadata 'json_schema'");
        }
        return schemas.getSchema(JSON.readTree(own).toString(), InputFormat.JSON);
    }
}
