package io.counterflow.log;

import io.counterflow.log.registry.InMemorySchemaRegistry;
import io.counterflow.log.registry.SchemaRegistry;
import java.util.Map;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;
import org.apache.kafka.server.common.MetadataVersion;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One broker of Kafka's own test kit, and a registry in memory, for all tests of a JVM that ask for a
 * {@link SharedCluster.Logs} as a parameter. The embedded broker of Counterflow stands on this module, so its tests
 * cannot use it.
 */
public final class SharedCluster implements ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(SharedCluster.class);

    /** Opens logs on the cluster. Each has a prefix that no other test has; the caller closes it. */
    public interface Logs {

        /** One without topics. */
        Log empty(String prefix, int partitions);

        /** One with its topics, of four partitions where they are keyed by prompt. */
        default Log open(String prefix) {
            Log log = empty(prefix, 4);
            log.createTopics();
            return log;
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == Logs.class;
    }

    @Override
    public Logs resolveParameter(ParameterContext parameter, ExtensionContext test) {
        return test.getRoot().getStore(NAMESPACE).computeIfAbsent(Running.class, key -> Running.start(), Running.class);
    }

    /** Closed by JUnit after the last test. */
    private record Running(KafkaClusterTestKit kafka, SchemaRegistry registry) implements Logs, AutoCloseable {

        static Running start() {
            try {
                KafkaClusterTestKit kafka = new KafkaClusterTestKit.Builder(new TestKitNodes.Builder()
                                .setBootstrapMetadataVersion(MetadataVersion.latestProduction())
                                .setCombined(true)
                                .setNumBrokerNodes(1)
                                .setNumControllerNodes(1)
                                .build())
                        .setConfigProp("auto.create.topics.enable", "false")
                        .setConfigProp("group.initial.rebalance.delay.ms", "0")
                        .setConfigProp("offsets.topic.num.partitions", "1")
                        .setConfigProp("offsets.topic.replication.factor", "1")
                        .setConfigProp("transaction.state.log.num.partitions", "1")
                        .setConfigProp("transaction.state.log.replication.factor", "1")
                        .setConfigProp("transaction.state.log.min.isr", "1")
                        .build();
                kafka.format();
                kafka.startup();
                kafka.waitForReadyBrokers();
                return new Running(kafka, new InMemorySchemaRegistry());
            } catch (Exception e) {
                throw new IllegalStateException("Kafka's test kit does not start", e);
            }
        }

        @Override
        public Log empty(String prefix, int partitions) {
            return new Log(
                    new LogConfig(kafka.bootstrapServers(), "unused", prefix, partitions, 1, Map.of()), registry);
        }

        @Override
        public void close() throws Exception {
            kafka.close();
        }
    }
}
