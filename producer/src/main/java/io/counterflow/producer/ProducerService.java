package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.tokenizer.chat.TemplateVariables;
import io.counterflow.producer.source.CompletionSource;
import io.counterflow.producer.source.OpenAiCompletionSource;
import io.counterflow.producer.source.PolicyCompletionSource;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

/**
 * Samples completions for one run until it ends.
 *
 * <p>A group is in the log whole or not at all, and never twice: killed at any moment, the next producer with the same
 * configuration goes on behind the last group that the log holds. Several instances of one run, each with its own
 * {@code instance}, share the prompts by partition; when one is gone the others take over its partitions.
 *
 * <p>{@link #run} is called once, by one thread; {@link #close} by any.
 */
public final class ProducerService implements AutoCloseable {

    private final Log log;
    private final ProducerConfig config;
    private final CompletionSource source;
    private final InstantSource clock;
    private final ProducerListener listener;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile Thread runner;

    /** Samples from the run's policy in this JVM, or from the server that the configuration names. */
    public ProducerService(Log log, ProducerConfig config, InstantSource clock) {
        this(log, config, source(config), clock, ProducerListener.NONE);
    }

    /** The same, with somebody listening. */
    public ProducerService(Log log, ProducerConfig config, InstantSource clock, ProducerListener listener) {
        this(log, config, source(config), clock, listener);
    }

    /** @param source closed when the run ends */
    public ProducerService(
            Log log, ProducerConfig config, CompletionSource source, InstantSource clock, ProducerListener listener) {
        this.log = Objects.requireNonNull(log, "log");
        this.config = Objects.requireNonNull(config, "config");
        this.source = Objects.requireNonNull(source, "source");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    private static CompletionSource source(ProducerConfig config) {
        return config.openAi() == null
                ? new PolicyCompletionSource(
                        config.compute().applyTo(ModelOptions.inference()),
                        TemplateVariables.of(config.templateVariables()))
                : new OpenAiCompletionSource(config.openAi(), TemplateVariables.of(config.templateVariables()));
    }

    /**
     * Samples until the run's last policy version is evaluated, the configured passes or groups are done, or
     * {@link #close} is called.
     *
     * @throws RuntimeException saying what failed and what to do; what was published before stays
     */
    public void run() {
        synchronized (this) {
            if (runner != null) {
                throw new IllegalStateException("a producer runs once; make a new one");
            }
            runner = Thread.currentThread();
        }
        try (source;
                ProducerRun run = new ProducerRun(log, config, source, clock, listener)) {
            while (!closed && run.step()) {
                // every step does or awaits something
            }
        } finally {
            ended.countDown();
        }
    }

    /** Ends {@link #run} after the batch it is at, and waits for that. */
    @Override
    public void close() {
        closed = true;
        Thread running = runner;
        if (running != null && running != Thread.currentThread()) {
            try {
                ended.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
