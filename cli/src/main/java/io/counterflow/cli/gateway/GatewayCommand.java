package io.counterflow.cli.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.config.OptionSetting;
import io.counterflow.cli.log.BrokerFailure;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.metrics.PrometheusEndpoint;
import io.counterflow.cli.metrics.ServiceMeters;
import io.counterflow.cli.model.NamedCheckpoints;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.cli.run.StopOnSignal;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.model.tokenizer.chat.TemplateVariables;
import io.counterflow.producer.gateway.Gateway;
import io.counterflow.producer.gateway.GatewayConfig;
import io.counterflow.producer.gateway.GatewayListener;
import io.counterflow.producer.gateway.GatewayModel;
import io.counterflow.producer.gateway.Upstream;
import io.counterflow.producer.source.OpenAiConfig;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow gateway}. */
@Command(
        name = "gateway",
        description = {
            "Takes scores and completions of other programs over HTTP, until it is stopped.",
            "POST /scores: a score of a completion by its id. It joins the completion's group while that is open; after that the next 'rescore' takes it.",
            "POST /completions: a completion that was sampled elsewhere, where --model or trainer.model names the model that will learn from it.",
            "With --pass-through, POST /v1/completions and /v1/chat/completions: passed on to the server of producer.openAi; the completions are in the log, and the"
                    + " header X-Counterflow-Completion has their ids.",
            "An answer says that something is written when the brokers have acknowledged it."
        },
        mixinStandardHelpOptions = true)
public final class GatewayCommand implements Callable<Integer> {

    private static final int INTERRUPTED = 130;
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOptions options;

    @Option(
            names = "--run",
            paramLabel = "ID",
            description =
                    "Run that completions belong to which name none: trainer.source.runs of the run that learns from them.")
    private String runId;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "Model whose tokenizer and chat template are used: a folder, hf:org/name or stories15m"
                    + " (default: trainer.model of the configuration; without either, scores alone are taken).")
    private String model;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8090",
            description = "Port to listen on; 0 for any that is free (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}). What is sent is not encrypted.")
    private String host;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "File with the token that requests must bear; made, with a random one, where it is not there"
                    + " (default: gateway.token in the data directory).")
    private Path tokenFile;

    @Option(names = "--no-token", description = "Ask nobody who they are; on a loopback address alone.")
    private boolean noToken;

    @Option(
            names = "--pass-through",
            description = "Pass requests of OpenAI's API on to the server of producer.openAi, and log what comes back.")
    private boolean passThrough;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "Answer Prometheus at http://127.0.0.1:PORT/metrics (0: any free port). Default: metrics.port.")
    private Integer metricsPort;

    @Override
    public Integer call() throws ExecutionException {
        ConfigFile file = options.read();
        if (metricsPort != null) {
            file = file.with(OptionSetting.of("--metrics-port", "metrics.port", metricsPort));
        }
        if (file.has("producer")) {
            // A file for 'counterflow run', which names the run itself.
            file = file.withDefault("producer.runId", runId == null ? "gateway" : "'" + runId + "'");
        }
        RunConfig config = RunConfig.of(file);
        Path tokens = tokenFile == null ? options.folders().data().resolve("gateway.token") : tokenFile;
        GatewayConfig settings = new GatewayConfig(host, port, token(tokens), PATIENCE);
        Optional<Upstream> upstream = passThrough ? Optional.of(upstream(config)) : Optional.empty();
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread());
                ModelParts parts = ModelParts.of(name(config), config);
                LogAccess access = LogAccess.openBeside(config.log(), options.folders());
                PrometheusEndpoint endpoint = PrometheusEndpoint.start(config.metrics())) {
            access.log().createTopics();
            try (Gateway gateway = Gateway.start(
                    access.log(),
                    settings,
                    parts.model(Optional.ofNullable(runId), upstream),
                    InstantSource.system(),
                    new SecureRandom(),
                    new ServiceMeters(endpoint.registry()).gateway(GatewayListener.NONE))) {
                PrintWriter out = spec.commandLine().getOut();
                out.println("the gateway takes " + taken(parts) + " at "
                        + gateway.address() + " until it is stopped (Ctrl-C); "
                        + (noToken ? "it asks for no token" : "its token is in " + tokens));
                out.flush();
                throw access.failure().get();
            }
        } catch (InterruptedException e) {
            BrokerFailure.rethrow(e);
            return INTERRUPTED;
        }
    }

    private String taken(ModelParts parts) {
        if (passThrough) {
            return "scores, completions and requests of OpenAI's API (/v1)";
        }
        return parts.isThere() ? "scores and completions" : "scores";
    }

    /** The model whose tokens are logged; what is passed through is the server's. */
    private Optional<String> name(RunConfig config) {
        Optional<String> served =
                passThrough ? Optional.of(config.producer().openAi().tokenizer()) : Optional.empty();
        Optional<String> trained =
                Optional.ofNullable(config.trainer()).flatMap(trainer -> Optional.ofNullable(trainer.model()));
        return Optional.ofNullable(model).or(() -> served).or(() -> trained);
    }

    private Upstream upstream(RunConfig config) {
        OpenAiConfig openAi =
                config.producer() == null ? null : config.producer().openAi();
        if (openAi == null) {
            throw new ConfigException(
                    "--pass-through needs producer.openAi: the server that requests are passed on to");
        }
        if (runId == null) {
            throw new ConfigException("--pass-through needs --run: the run that the completions are found under");
        }
        String variable = openAi.apiKeyVariable();
        String key = variable == null ? null : System.getenv(variable);
        if (variable != null && key == null) {
            throw new ConfigException(
                    "producer.openAi.apiKeyVariable names " + variable + ", which is not set in the environment");
        }
        return new Upstream(openAi, Optional.ofNullable(key));
    }

    private Optional<String> token(Path tokens) {
        if (!noToken) {
            return Optional.of(new TokenFile(tokens).token(new SecureRandom()));
        }
        try {
            if (!InetAddress.getByName(host).isLoopbackAddress()) {
                throw new ConfigException("--no-token on " + host
                        + ": others would write to the log; listen on 127.0.0.1, or let requests bear a token");
            }
        } catch (UnknownHostException e) {
            throw new ConfigException("--host " + host + " is no address: " + e.getMessage());
        }
        return Optional.empty();
    }

    /** What is opened of a model, if one is named. */
    private record ModelParts(Optional<Tokenizer> tokenizer, Optional<PromptEncoder> encoder, int contextLength)
            implements AutoCloseable {

        static ModelParts of(Optional<String> name, RunConfig config) {
            if (name.isEmpty()) {
                return new ModelParts(Optional.empty(), Optional.empty(), 0);
            }
            Map<String, JsonNode> variables = TemplateVariables.of(
                    config.producer() == null ? null : config.producer().templateVariables());
            Path folder = NamedCheckpoints.find(name.get());
            OpenAiConfig openAi =
                    config.producer() == null ? null : config.producer().openAi();
            if (openAi != null
                    && name.get().equals(openAi.tokenizer())
                    && !Files.exists(folder.resolve("config.json"))) {
                Tokenizer alone = Tokenizer.load(folder);
                PromptEncoder encoder = PromptEncoder.of(alone, List.of()).withVariables(variables);
                return new ModelParts(Optional.of(alone), Optional.of(encoder), openAi.contextLength());
            }
            CheckpointParts parts = CheckpointParts.of(folder);
            ModelConfig model = parts.config();
            Tokenizer tokenizer = Tokenizer.load(parts.tokenizerFolder(), model.vocabularySize());
            PromptEncoder encoder = PromptEncoder.of(
                            tokenizer, GenerationConfig.read(parts.base()).endTokens(model))
                    .withVariables(variables);
            return new ModelParts(Optional.of(tokenizer), Optional.of(encoder), model.maxPositions());
        }

        boolean isThere() {
            return encoder.isPresent();
        }

        Optional<GatewayModel> model(Optional<String> runId, Optional<Upstream> upstream) {
            return encoder.map(of -> new GatewayModel(of, contextLength, runId, upstream));
        }

        @Override
        public void close() {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }
}
