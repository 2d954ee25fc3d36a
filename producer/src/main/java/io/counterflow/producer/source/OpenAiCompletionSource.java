package io.counterflow.producer.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.source.server.Answer;
import io.counterflow.producer.source.server.Asked;
import io.counterflow.producer.source.server.Endpoint;
import io.counterflow.producer.source.server.GenerationServer;
import io.counterflow.producer.source.server.ServerDetection;
import io.counterflow.producer.source.server.ServerKind;
import io.counterflow.producer.source.server.UnreadableAnswerException;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples from a server: vLLM, SGLang, llama.cpp, and others with OpenAI's {@code /completions} API. Prompts are rendered and
 * tokenised here and sent as token ids, so the log holds what the model saw.
 *
 * <p>Token ids and log-probabilities of completions are the server's where it gives them (vLLM and llama.cpp do). A server that
 * does not is refused, or, where the configuration says so, token ids are what the tokenizer makes of the text, which may
 * differ from what was sampled, and log-probabilities are left unknown unless they fit those tokens one to one. Seeds have 31 bits.
 */
public final class OpenAiCompletionSource implements CompletionSource {

    private static final Logger LOG = LoggerFactory.getLogger(OpenAiCompletionSource.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

    private final OpenAiConfig config;
    private final Tokenizer tokenizer;
    private final PromptEncoder encoder;
    private final CompletionAnswer answers;
    private final Endpoint endpoint;
    private final ExecutorService threads;
    private GenerationServer server;

    /**
     * @param templateVariables what the chat template is told beside conversations
     * @throws IllegalArgumentException when the API key's variable is not set
     */
    public OpenAiCompletionSource(OpenAiConfig config, Map<String, JsonNode> templateVariables) {
        this.config = Objects.requireNonNull(config, "config");
        String apiKey = config.apiKeyVariable() == null ? null : System.getenv(config.apiKeyVariable());
        if (config.apiKeyVariable() != null && apiKey == null) {
            throw new IllegalArgumentException("producer.openAi.apiKeyVariable names " + config.apiKeyVariable()
                    + ", which is not set in the environment");
        }
        this.endpoint = new Endpoint(config.url(), Optional.ofNullable(apiKey), config.timeLimit());
        this.tokenizer = Tokenizer.load(Path.of(config.tokenizer()));
        this.encoder = PromptEncoder.of(tokenizer, List.of()).withVariables(templateVariables);
        this.answers = new CompletionAnswer(tokenizer, config.encodeText());
        this.threads = Executors.newFixedThreadPool(config.concurrency(), task -> {
            Thread thread = new Thread(task, "completions");
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public boolean followsPolicies() {
        return false;
    }

    @Override
    public void follow(PolicyVersion version) {
        throw new UnsupportedOperationException("a server samples from the model it has, not from " + version);
    }

    @Override
    public Stamp stamp() {
        return new Stamp(config.policyVersion(), "");
    }

    @Override
    public long seed(long seed) {
        return seed & Integer.MAX_VALUE;
    }

    @Override
    public Tokenized tokenize(Prompt prompt, SamplingConfig sampling) {
        return PromptTokens.of(prompt, encoder, config.contextLength(), sampling.maxTokens());
    }

    @Override
    public List<Sampled> sample(List<Request> requests, SamplingConfig sampling) {
        List<Callable<Sampled>> tasks = new ArrayList<>();
        for (Request request : requests) {
            tasks.add(() -> sample(request, sampling));
        }
        List<Future<Sampled>> running = new ArrayList<>();
        try {
            tasks.forEach(task -> running.add(threads.submit(task)));
            List<Sampled> samples = new ArrayList<>();
            for (Future<Sampled> one : running) {
                samples.add(one.get());
            }
            return samples;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure
                    ? failure
                    : new CompletionServerException("sampling from " + config.url() + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionServerException("interrupted while sampling from " + config.url(), e);
        } finally {
            running.forEach(one -> one.cancel(true));
        }
    }

    private Sampled sample(Request request, SamplingConfig sampling) throws InterruptedException {
        GenerationServer server = server();
        ObjectNode body = server.body(asked(request, sampling));
        Duration pause = FIRST_PAUSE;
        for (int attempt = 1; ; attempt++) {
            String trouble;
            Exception cause = null;
            try {
                Endpoint.Reply reply = endpoint.post(server.path(), body);
                if (reply.isOk()) {
                    Answer answer = server.read(reply.json());
                    if (answer.isFinished()) {
                        return answers.read(answer, request.promptTokenIds(), sampling.stopStrings());
                    }
                    trouble = "cut a completion off: " + answer.finish();
                    LOG.warn("{} {}; it is sampled again", config.url(), trouble);
                } else {
                    trouble = reply.shown();
                }
                if (!reply.isOk() && !reply.mayPass()) {
                    throw new CompletionServerException(config.url() + " " + trouble + "; are producer.openAi.model '"
                            + config.model() + "' and the sampling settings right?");
                }
            } catch (UnreadableAnswerException e) {
                throw new CompletionServerException(e.getMessage(), e);
            } catch (IOException e) {
                trouble = "does not answer (" + e + ")";
                cause = e;
            }
            if (attempt == config.attempts()) {
                throw givenUp(trouble, attempt, cause);
            }
            Thread.sleep(pause.toMillis());
            pause = pause.multipliedBy(2);
        }
    }

    private CompletionServerException givenUp(String trouble, int attempts, Exception cause) {
        return new CompletionServerException(
                config.url() + " " + trouble + ", tried " + attempts
                        + " times; start the producer again when the server is well, it goes on where it was",
                cause);
    }

    private Asked asked(Request request, SamplingConfig sampling) {
        return new Asked(
                config.model(),
                Optional.empty(),
                request.promptTokenIds(),
                request.seed(),
                // Greedy where it is greedy here; a server may divide by a number that it cannot hold.
                sampling.temperature() < SamplingSettings.LEAST_TEMPERATURE ? 0 : sampling.temperature(),
                sampling.topK(),
                sampling.topP(),
                sampling.repetitionPenalty(),
                sampling.maxTokens(),
                sampling.stopStrings());
    }

    /** The kind that is configured, or that answers there. */
    private synchronized GenerationServer server() throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        for (int attempt = 1; server == null; attempt++) {
            try {
                ServerKind kind = config.server() == ServerKind.AUTO ? ServerDetection.of(endpoint) : config.server();
                server = GenerationServer.of(kind, config.askForTokenIds());
            } catch (IOException e) {
                if (attempt == config.attempts()) {
                    throw givenUp("does not answer (" + e + ")", attempt, e);
                }
                Thread.sleep(pause.toMillis());
                pause = pause.multipliedBy(2);
            }
        }
        return server;
    }

    @Override
    public void close() {
        threads.shutdownNow();
        tokenizer.close();
    }
}
