package io.counterflow.producer.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples from a server with OpenAI's {@code /completions} API: vLLM, llama.cpp, and others. Prompts are rendered and
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
    private final String apiKey;
    private final ObjectMapper json = new ObjectMapper();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final ExecutorService threads;

    /**
     * @param templateVariables what the chat template is told beside conversations
     * @throws IllegalArgumentException when the API key's variable is not set
     */
    public OpenAiCompletionSource(OpenAiConfig config, Map<String, JsonNode> templateVariables) {
        this.config = Objects.requireNonNull(config, "config");
        this.apiKey = config.apiKeyVariable() == null ? null : System.getenv(config.apiKeyVariable());
        if (config.apiKeyVariable() != null && apiKey == null) {
            throw new IllegalArgumentException("producer.openAi.apiKeyVariable names " + config.apiKeyVariable()
                    + ", which is not set in the environment");
        }
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
        String body = body(request, sampling).toString();
        Duration pause = FIRST_PAUSE;
        for (int attempt = 1; ; attempt++) {
            String trouble;
            Exception cause = null;
            try {
                HttpResponse<String> response = http.send(post(body), HttpResponse.BodyHandlers.ofString());
                int status = response.statusCode();
                if (status == 200) {
                    JsonNode answer = json.readTree(response.body());
                    if (CompletionAnswer.isFinished(answer)) {
                        return answers.read(answer, request.promptTokenIds(), sampling.stopStrings());
                    }
                    trouble = "cut a completion off: " + CompletionAnswer.finish(answer);
                    LOG.warn("{} {}; it is sampled again", config.url(), trouble);
                } else {
                    trouble = "answered " + status + ": " + shortened(response.body());
                }
                if (status != 200 && status != 429 && status != 408 && status < 500) {
                    throw new CompletionServerException(config.url() + " " + trouble + "; are producer.openAi.model '"
                            + config.model() + "' and the sampling settings right?");
                }
            } catch (IOException e) {
                trouble = "does not answer (" + e + ")";
                cause = e;
            }
            if (attempt == config.attempts()) {
                throw new CompletionServerException(
                        config.url() + " " + trouble + ", tried " + attempt
                                + " times; start the producer again when the server is well, it goes on where it was",
                        cause);
            }
            Thread.sleep(pause.toMillis());
            pause = pause.multipliedBy(2);
        }
    }

    private HttpRequest post(String body) {
        String base = config.url().endsWith("/") ? config.url() : config.url() + "/";
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + "completions"))
                .timeout(config.timeLimit())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return apiKey == null
                ? request.build()
                : request.header("Authorization", "Bearer " + apiKey).build();
    }

    private ObjectNode body(Request request, SamplingConfig sampling) {
        ObjectNode body = json.createObjectNode()
                .put("model", config.model())
                .put("max_tokens", sampling.maxTokens())
                .put("temperature", temperature(sampling))
                .put("top_p", sampling.topP())
                .put("presence_penalty", 0.0)
                .put("frequency_penalty", 0.0)
                .put("n", 1)
                .put("logprobs", 1)
                .put("seed", request.seed());
        JsonNode prompt = json.valueToTree(request.promptTokenIds());
        body.set("prompt", prompt);
        if (!sampling.stopStrings().isEmpty()) {
            body.set("stop", json.valueToTree(sampling.stopStrings()));
        }
        if (config.askForTokenIds()) {
            // What is left out, servers fill: llama.cpp with top_k 40 and min_p 0.05, vLLM with what the checkpoint's
            // generation_config.json says. All take -1 for no limit, and pass over the other's spelling of a penalty.
            body.put("return_token_ids", true)
                    .put("return_tokens_as_token_ids", true)
                    .put("top_k", sampling.topK() > 0 ? sampling.topK() : -1)
                    .put("min_p", 0.0)
                    .put("repetition_penalty", sampling.repetitionPenalty())
                    .put("repeat_penalty", sampling.repetitionPenalty())
                    .put("min_tokens", 0)
                    .put("ignore_eos", false);
            return body;
        }
        // Not in OpenAI's own API, which refuses what it does not know.
        if (sampling.topK() > 0) {
            body.put("top_k", sampling.topK());
        }
        if (sampling.repetitionPenalty() != 1) {
            body.put("repetition_penalty", sampling.repetitionPenalty());
        }
        return body;
    }

    /** Greedy where it is greedy here; a server may divide by a number that it cannot hold. */
    private static double temperature(SamplingConfig sampling) {
        return sampling.temperature() < SamplingSettings.LEAST_TEMPERATURE ? 0 : sampling.temperature();
    }

    private static String shortened(String text) {
        return text.length() <= 300 ? text : text.substring(0, 300) + "...";
    }

    @Override
    public void close() {
        threads.shutdownNow();
        tokenizer.close();
    }
}
