package io.counterflow.scorer.service;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.ScorerId;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Completions in, scores and dead letters out. */
final class ScoringTopology {

    private ScoringTopology() {}

    static Topology build(Log log, ScorerId id, AsyncScorer scorer, int maxInFlight, ScoringListener listener) {
        String completions = log.topicName(Topic.COMPLETIONS);
        ProcessorSupplier<String, byte[], String, SpecificRecord> supplier = new ProcessorSupplier<>() {
            @Override
            public Processor<String, byte[], String, SpecificRecord> get() {
                return new ScoringProcessor(
                        id, scorer, log.deserializer(Completion.class), maxInFlight, listener, completions);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                StoreBuilder<KeyValueStore<String, byte[]>> pending = Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(ScoringProcessor.PENDING), Serdes.String(), Serdes.ByteArray());
                return Set.of(pending);
            }
        };
        return new Topology()
                .addSource(
                        "completions",
                        new StringDeserializer(),
                        Serdes.ByteArray().deserializer(),
                        completions)
                .addProcessor("score", supplier, "completions")
                .addSink(
                        ScoringProcessor.SCORES,
                        log.topicName(Topic.SCORES),
                        new StringSerializer(),
                        log.serializer(),
                        "score")
                .addSink(
                        ScoringProcessor.DEAD_LETTERS,
                        log.topicName(Topic.DEAD_LETTERS),
                        new StringSerializer(),
                        log.serializer(),
                        "score");
    }
}
