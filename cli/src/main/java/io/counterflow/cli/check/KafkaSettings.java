package io.counterflow.cli.check;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.streams.StreamsConfig;

/** Settings that are handed through to Kafka, judged by Kafka's own definitions of them. */
final class KafkaSettings {

    private static final List<ConfigDef> CLIENTS =
            List.of(ProducerConfig.configDef(), ConsumerConfig.configDef(), AdminClientConfig.configDef());

    /** How Kafka Streams marks settings of the clients that it makes. */
    private static final List<String> PREFIXES =
            List.of("main.consumer.", "restore.consumer.", "global.consumer.", "consumer.", "producer.", "admin.");

    private final Found found;

    KafkaSettings(Found found) {
        this.found = found;
    }

    void clients(String path, Map<String, String> settings) {
        settings.forEach((key, value) -> check(path, key, key, value, CLIENTS, "Kafka's clients"));
    }

    void streams(String path, Map<String, String> settings) {
        List<ConfigDef> all = List.of(StreamsConfig.configDef(), CLIENTS.get(0), CLIENTS.get(1), CLIENTS.get(2));
        settings.forEach((key, value) -> {
            Optional<String> prefix = PREFIXES.stream().filter(key::startsWith).findFirst();
            if (prefix.isPresent()) {
                check(path, key, key.substring(prefix.get().length()), value, CLIENTS, "Kafka's clients");
            } else if (!key.startsWith(StreamsConfig.TOPIC_PREFIX)) {
                check(path, key, key, value, all, "Kafka Streams");
            }
        });
    }

    /** Extensions bring settings of their own, so that only what resembles one of Kafka's is taken for a slip. */
    private void check(
            String path, String key, String name, String value, Collection<ConfigDef> definitions, String whose) {
        Map<String, ConfigDef.ConfigKey> known = new HashMap<>();
        definitions.forEach(definition -> definition.configKeys().forEach((k, v) -> {
            if (k.equals(name) && !known.containsKey(k)) {
                found.fault(path, () -> judge(v, key, value));
            }
            known.putIfAbsent(k, v);
        }));
        if (!known.containsKey(name)) {
            LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
            known.keySet().stream()
                    .filter(other -> distance.apply(name, other) <= 2)
                    .min(Comparator.comparingInt(other -> distance.apply(name, other)))
                    .ifPresent(meant -> found.fault(
                            path, "'" + key + "' is no setting of " + whose + "; did you mean '" + meant + "'?"));
        }
    }

    private static void judge(ConfigDef.ConfigKey definition, String key, String value) {
        // A class may be one of a plug-in, which its user's class path has.
        if (definition.type == ConfigDef.Type.CLASS || definition.type == ConfigDef.Type.PASSWORD) {
            return;
        }
        try {
            Object parsed = ConfigDef.parseType(definition.name, value, definition.type);
            if (definition.validator != null) {
                definition.validator.ensureValid(definition.name, parsed);
            }
        } catch (ConfigException e) {
            throw new IllegalArgumentException("'" + key + "': " + e.getMessage(), e);
        }
    }
}
