package io.counterflow.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Exit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real KRaft Kafka inside this JVM, on a data directory that outlives it: a second start on the same directory finds
 * the topics, the offsets and the cluster id of the first. It listens on 127.0.0.1 only. Thread-safe.
 *
 * <p>One broker runs as a combined broker and controller. Several brokers run beside one controller of their own, so
 * that stopping any of them, or all of them, never costs the quorum: a combined cluster that loses its quorum while
 * shutting down waits five minutes for a controller to approve.
 */
public final class EmbeddedKafka implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);

    private static final int CONTROLLER_ID = 100;
    private static final Duration ABANDON_AFTER = Duration.ofSeconds(5);

    /** A broker that fails says so to its JVM, not to whoever started it, and not which one it is. */
    private static final Set<EmbeddedKafka> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        // A broker whose log directory fails halts its JVM; in here that is everyone's JVM.
        Exit.setHaltProcedure((code, message) -> gaveUp(code, message));
        Exit.setExitProcedure((code, message) -> gaveUp(code, message));
    }

    private final DataDirectory directory;
    private final List<BrokerNode> brokers = new ArrayList<>();
    private final BrokerNode controller;
    private final Map<String, String> overrides;
    private final CompletableFuture<EmbeddedKafkaException> failure = new CompletableFuture<>();

    private static void gaveUp(int code, String message) {
        EmbeddedKafkaException last = null;
        for (EmbeddedKafka kafka : RUNNING) {
            last = new EmbeddedKafkaException("the embedded broker gave up: "
                    + kafka.directory
                            .fault()
                            .orElse("code " + code + (message == null ? "" : ", " + message)
                                    + "; is something wrong with " + kafka.directory.path() + "?")
                    + ". Put that right and start again: nothing that was acknowledged is lost");
            if (kafka.failure.complete(last)) {
                LOG.debug("the embedded broker gave up", last);
            }
        }
        throw last == null ? new EmbeddedKafkaException("an embedded broker gave up, code " + code) : last;
    }

    private EmbeddedKafka(DataDirectory directory, int count, int port, Map<String, String> overrides) {
        this.directory = directory;
        this.overrides = Map.copyOf(overrides);
        List<Integer> free = freePorts(count + 1);
        if (count == 1) {
            controller = new BrokerNode(1, port > 0 ? port : free.get(0), free.get(1));
            brokers.add(controller);
        } else {
            controller = new BrokerNode(CONTROLLER_ID, 0, free.get(count));
            for (int i = 0; i < count; i++) {
                brokers.add(new BrokerNode(i + 1, port > 0 ? port + i : free.get(i), 0));
            }
        }
    }

    /** Starts one broker on a free port. */
    public static EmbeddedKafka start(Path dataDirectory) {
        return start(dataDirectory, 1, 0, Map.of());
    }

    /**
     * Starts brokers, numbered from 1, and returns once all of them serve clients.
     *
     * @param count 1, or several with a controller of their own; the same as at earlier starts on the directory
     * @param port of the first broker, the others take the next ones; 0 for free ones
     * @param overrides broker settings that win over those for a small machine
     * @throws EmbeddedKafkaException when a port is taken, the directory is in use or its disk is full
     */
    public static EmbeddedKafka start(Path dataDirectory, int count, int port, Map<String, String> overrides) {
        if (count < 1 || port < 0 || port > 65_535 - count) {
            throw new IllegalArgumentException("cannot start " + count + " brokers from port " + port);
        }
        for (int i = 0; port > 0 && i < count; i++) {
            requireFree(port + i);
        }
        DataDirectory directory = DataDirectory.open(dataDirectory);
        EmbeddedKafka kafka;
        try {
            kafka = new EmbeddedKafka(directory, count, port, overrides);
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
        try {
            RUNNING.add(kafka);
            String clusterId = directory.clusterId(kafka.controller.id());
            for (BrokerNode node : kafka.nodes()) {
                node.format(directory.of(node.id()), clusterId);
            }
            inParallel(kafka.nodes(), node -> node.start(kafka.config(node)));
            return kafka;
        } catch (Exception e) {
            EmbeddedKafkaException failure = e instanceof EmbeddedKafkaException ours
                    ? ours
                    : new EmbeddedKafkaException(
                            "the embedded broker on " + dataDirectory + " did not start: " + rootMessage(e), e);
            try {
                kafka.close();
            } catch (RuntimeException alsoFailed) {
                failure.addSuppressed(alsoFailed);
            }
            throw failure;
        }
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.toString();
    }

    /** Where clients connect: {@code host:port} of every broker, separated by commas. */
    public String bootstrapServers() {
        return brokers.stream().map(BrokerNode::address).collect(Collectors.joining(","));
    }

    /** Starts a broker that was stopped, on the port it had. */
    public void startBroker(int id) {
        BrokerNode node = brokers.get(id - 1);
        node.start(config(node));
    }

    /** Stops one broker; the others go on. */
    public void stopBroker(int id) {
        brokers.get(id - 1).stop();
    }

    /**
     * Completed when a broker has given up, for instance because the disk is full. Clients wait long for a broker that
     * is gone; whoever runs them ends them sooner with this.
     */
    public CompletableFuture<EmbeddedKafkaException> failure() {
        return failure.copy();
    }

    /** Stops every broker and releases the directory. Does nothing the second time. */
    @Override
    public void close() {
        RUNNING.remove(this);
        try {
            if (failure.isDone()) {
                abandon();
            } else {
                inParallel(brokers, BrokerNode::stop);
                controller.stop();
            }
        } finally {
            directory.close();
        }
    }

    /** A broker that gave up may wait for minutes for a controller that gave up, too. */
    private void abandon() {
        Thread stopping = new Thread(() -> nodes().forEach(BrokerNode::stop), "embedded-kafka-stop");
        stopping.setDaemon(true);
        stopping.start();
        try {
            stopping.join(ABANDON_AFTER.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private kafka.server.KafkaConfig config(BrokerNode node) {
        return node.config(directory.of(node.id()), controller.voter(), brokers.size(), overrides);
    }

    private List<BrokerNode> nodes() {
        return Stream.concat(Stream.of(controller), brokers.stream()).distinct().toList();
    }

    private static void inParallel(List<BrokerNode> nodes, java.util.function.Consumer<BrokerNode> task) {
        ExecutorService pool = Executors.newFixedThreadPool(nodes.size());
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (BrokerNode node : nodes) {
                tasks.add(() -> {
                    task.accept(node);
                    return null;
                });
            }
            EmbeddedKafkaException first = null;
            for (Future<Void> done : pool.invokeAll(tasks)) {
                try {
                    done.get();
                } catch (ExecutionException e) {
                    if (first == null) {
                        first = new EmbeddedKafkaException(
                                "an embedded Kafka node failed: " + rootMessage(e), e.getCause());
                    } else {
                        first.addSuppressed(e.getCause());
                    }
                }
            }
            if (first != null) {
                throw first;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedKafkaException("interrupted while the embedded broker starts or stops", e);
        } finally {
            pool.shutdown();
        }
    }

    private static void requireFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            socket.setReuseAddress(true);
        } catch (IOException e) {
            throw new EmbeddedKafkaException(
                    "port " + port + " for the embedded broker is taken (" + e.getMessage()
                            + "); stop the program that uses it, choose another port, or 0 for any free one",
                    e);
        }
    }

    /** Ports that were free a moment ago; held open together so that they differ. */
    private static List<Integer> freePorts(int count) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } catch (IOException e) {
            throw new EmbeddedKafkaException("no free port on 127.0.0.1: " + e.getMessage(), e);
        } finally {
            for (ServerSocket socket : held) {
                closeQuietly(socket);
            }
        }
    }

    private static void closeQuietly(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("a probing socket did not close", e);
        }
    }
}
