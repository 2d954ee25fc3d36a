package io.counterflow.scorer.assembler;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Score;
import java.time.Duration;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Completions and scores in, groups and dead letters out. */
final class AssemblerTopology {

    private final Log log;
    private final AssemblerConfig config;
    private final AssemblerListener listener;

    AssemblerTopology(Log log, AssemblerConfig config, AssemblerListener listener) {
        this.log = log;
        this.config = config;
        this.listener = listener;
    }

    String groupsTopic() {
        return log.config().topicPrefix() + config.topic();
    }

    Topology build() {
        ProcessorSupplier<String, byte[], String, SpecificRecord> supplier = new ProcessorSupplier<>() {
            @Override
            public Processor<String, byte[], String, SpecificRecord> get() {
                return new AssemblerProcessor(
                        config.recipe(),
                        AssemblerTopology.this::stores,
                        log.topicName(Topic.COMPLETIONS),
                        groupsTopic(),
                        log.serializer(),
                        listener);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return builders();
            }
        };
        Deserializer<byte[]> bytes = Serdes.ByteArray().deserializer();
        return new Topology()
                .addSource("completions", new StringDeserializer(), bytes, log.topicName(Topic.COMPLETIONS))
                .addSource("scores", new StringDeserializer(), bytes, log.topicName(Topic.SCORES))
                .addProcessor("assemble", supplier, "completions", "scores")
                .addSink(AssemblerProcessor.GROUPS, groupsTopic(), new StringSerializer(), log.serializer(), "assemble")
                .addSink(
                        AssemblerProcessor.DEAD_LETTERS,
                        log.topicName(Topic.DEAD_LETTERS),
                        new StringSerializer(),
                        log.serializer(),
                        "assemble");
    }

    private Set<StoreBuilder<?>> builders() {
        Duration remember = config.rememberClosed();
        return Set.of(
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(AssemblerProcessor.MEMBERS),
                        Serdes.String(),
                        Serdes.ByteArray()),
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(AssemblerProcessor.OUTCOMES),
                        Serdes.String(),
                        Serdes.ByteArray()),
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(AssemblerProcessor.STATISTICS),
                        Serdes.String(),
                        Serdes.ByteArray()),
                Stores.windowStoreBuilder(
                        Stores.persistentWindowStore(AssemblerProcessor.CLOSED, remember, remember, false),
                        Serdes.String(),
                        Serdes.ByteArray()));
    }

    private GroupStores stores(ProcessorContext<?, ?> context) {
        return new GroupStores(
                context.getStateStore(AssemblerProcessor.MEMBERS),
                context.getStateStore(AssemblerProcessor.OUTCOMES),
                context.getStateStore(AssemblerProcessor.CLOSED),
                context.getStateStore(AssemblerProcessor.STATISTICS),
                config.rememberClosed().toMillis(),
                log.deserializer(Completion.class),
                log.deserializer(Score.class));
    }
}
