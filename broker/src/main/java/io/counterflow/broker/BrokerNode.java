package io.counterflow.broker;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/** One node of an embedded cluster: a broker, a controller, or both. Thread-safe. */
final class BrokerNode {

    private final int id;
    private final int brokerPort;
    private final int controllerPort;
    private KafkaRaftServer server;

    /** @param brokerPort 0 where the node is no broker; likewise {@code controllerPort} */
    BrokerNode(int id, int brokerPort, int controllerPort) {
        this.id = id;
        this.brokerPort = brokerPort;
        this.controllerPort = controllerPort;
    }

    int id() {
        return id;
    }

    String address() {
        return "127.0.0.1:" + brokerPort;
    }

    String voter() {
        return id + "@127.0.0.1:" + controllerPort;
    }

    void format(Path directory, String clusterId) throws Exception {
        Files.createDirectories(directory);
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .setNodeId(id)
                .setClusterId(clusterId)
                .setControllerListenerName("CONTROLLER")
                .setMetadataLogDirectory(directory.toString())
                .addDirectory(directory.toString())
                .setIgnoreFormatted(true)
                .run();
    }

    /** Returns once the node serves. Does nothing where it runs. */
    synchronized void start(KafkaConfig config) {
        if (server == null) {
            KafkaRaftServer starting = new KafkaRaftServer(config, Time.SYSTEM);
            server = starting;
            starting.startup();
        }
    }

    /** Returns once the node has stopped. Does nothing where it does not run. */
    synchronized void stop() {
        if (server != null) {
            KafkaRaftServer stopping = server;
            server = null;
            stopping.shutdown();
            stopping.awaitShutdown();
        }
    }

    KafkaConfig config(Path directory, String voter, int brokers, Map<String, String> overrides) {
        boolean replicated = brokers >= 3;
        String replicas = replicated ? "3" : "1";
        String inSync = replicated ? "2" : "1";
        List<String> listeners = new ArrayList<>();
        List<String> roles = new ArrayList<>();
        Properties p = new Properties();
        if (brokerPort > 0) {
            roles.add("broker");
            listeners.add("PLAINTEXT://" + address());
            p.put("advertised.listeners", "PLAINTEXT://" + address());
            p.put("inter.broker.listener.name", "PLAINTEXT");
        }
        if (controllerPort > 0) {
            roles.add("controller");
            listeners.add("CONTROLLER://127.0.0.1:" + controllerPort);
            p.put("default.replication.factor", replicas);
        }
        p.put("listeners", String.join(",", listeners));
        p.put("process.roles", String.join(",", roles));
        p.put("node.id", String.valueOf(id));
        p.put("log.dirs", directory.toString());
        p.put("controller.listener.names", "CONTROLLER");
        p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        // Static voters are not stored, so the ports may differ from one start to the next.
        p.put("controller.quorum.voters", voter);
        for (String internal : List.of("offsets.topic.", "transaction.state.log.", "share.coordinator.state.topic.")) {
            p.put(internal + "replication.factor", replicas);
            p.put(internal + "num.partitions", "4");
        }
        p.put("transaction.state.log.min.isr", inSync);
        p.put("share.coordinator.state.topic.min.isr", inSync);
        p.put("min.insync.replicas", inSync);
        p.put("auto.create.topics.enable", "false");
        p.put("group.initial.rebalance.delay.ms", "0");
        p.put("log.retention.ms", "-1");
        // A pipeline that is resumed after a holiday goes on where its groups were: ten years, in minutes.
        p.put("offsets.retention.minutes", "5256000");
        // After a kill the next start waits until the dead incarnation's session ends: 9 s by default. Much shorter
        // fences a live broker whose machine is busy training.
        p.put("broker.session.timeout.ms", "6000");
        p.put("broker.heartbeat.interval.ms", "1000");
        // The cleaner's offset map is 128 MiB of heap by default.
        p.put("log.cleaner.dedupe.buffer.size", "4194304");
        p.put("num.network.threads", "2");
        p.put("num.io.threads", "2");
        p.putAll(overrides);
        return KafkaConfig.fromProps(p, false);
    }
}
