package io.counterflow.producer.source;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.files.Sha256;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.Sample;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Samples from the run's policy in this JVM. A new version takes the old one's place only once its weights are checked. Of versions that
 * are adapters on one base, the base is loaded once.
 */
public final class PolicyCompletionSource implements CompletionSource {

    private static final String WEIGHTS = "model.safetensors";

    private final ModelOptions options;
    private final Map<String, JsonNode> templateVariables;
    private LanguageModel model;
    private PromptEncoder encoder;
    private Stamp stamp;

    /** On the CPU. */
    public PolicyCompletionSource() {
        this(ModelOptions.inference(), Map.of());
    }

    /** @param templateVariables what the chat template is told beside conversations */
    public PolicyCompletionSource(ModelOptions options, Map<String, JsonNode> templateVariables) {
        this.options = Objects.requireNonNull(options, "options");
        this.templateVariables = Map.copyOf(templateVariables);
    }

    @Override
    public boolean followsPolicies() {
        return true;
    }

    @Override
    public void follow(PolicyVersion version) {
        Path folder = folder(version);
        try {
            if (!swapped(version, folder)) {
                load(version, folder);
            }
        } catch (PolicyUnavailableException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new PolicyUnavailableException(name(version) + " cannot be loaded: " + e.getMessage(), e);
        }
        stamp = new Stamp(version.getVersion(), version.getWeightsSha256());
    }

    /** Changes the adapter alone, where the version is one on the base that is here, or that base itself. */
    private boolean swapped(PolicyVersion version, Path folder) {
        if (model == null) {
            return false;
        }
        if (CheckpointParts.isAdapter(folder)) {
            if (!AdapterTensors.baseSha256(folder).equals(Optional.of(model.baseSha256()))) {
                return false;
            }
            String found = sha256(folder.resolve(AdapterTensors.FILE_NAME));
            if (!found.equals(version.getWeightsSha256())) {
                throw changed(version, folder, found);
            }
            model.swapAdapter(Optional.of(folder));
            return true;
        }
        if (model.hasAdapter() && model.baseSha256().equals(version.getWeightsSha256())) {
            model.swapAdapter(Optional.empty());
            return true;
        }
        return false;
    }

    private void load(PolicyVersion version, Path folder) {
        LanguageModel next = LanguageModel.load(folder, options);
        try {
            requirePublishedWeights(version, folder, next);
        } catch (RuntimeException e) {
            next.close();
            throw e;
        }
        close();
        model = next;
        encoder = PromptEncoder.of(next.tokenizer(), next.endTokens()).withVariables(templateVariables);
    }

    private static String name(PolicyVersion version) {
        return "policy " + version.getVersion() + " of run " + version.getRunId();
    }

    private static Path folder(PolicyVersion version) {
        String location = version.getLocation();
        Path folder;
        try {
            folder = location.startsWith("file:") ? Path.of(URI.create(location)) : Path.of(location);
        } catch (IllegalArgumentException e) {
            throw new PolicyUnavailableException(
                    name(version) + " is at " + location + ", which is no folder on this machine", e);
        }
        if (!Files.isDirectory(folder)) {
            throw new PolicyUnavailableException(name(version) + " is at " + folder
                    + ", which is not there; producer and trainer need the same shared folder");
        }
        return folder;
    }

    /** The published hash is that of the file as it stands or, for shards, of the file that they would make together. */
    private static void requirePublishedWeights(PolicyVersion version, Path folder, LanguageModel loaded) {
        Path file = folder.resolve(loaded.hasAdapter() ? AdapterTensors.FILE_NAME : WEIGHTS);
        String published = version.getWeightsSha256();
        if (Files.exists(file) && sha256(file).equals(published)) {
            return;
        }
        String found = loaded.policySha256();
        if (!found.equals(published)) {
            throw changed(version, folder, found);
        }
    }

    private static PolicyUnavailableException changed(PolicyVersion version, Path folder, String found) {
        return new PolicyUnavailableException(
                name(version) + " was published with weights of SHA-256 " + version.getWeightsSha256()
                        + ", but those at " + folder + " have " + found + "; the folder was changed or copied in part");
    }

    private static String sha256(Path file) {
        try {
            return Sha256.of(file);
        } catch (IOException e) {
            throw new PolicyUnavailableException(file + " cannot be read: " + e, e);
        }
    }

    @Override
    public Stamp stamp() {
        return stamp;
    }

    @Override
    public Tokenized tokenize(Prompt prompt, SamplingConfig sampling) {
        return PromptTokens.of(prompt, encoder, model.config().maxPositions(), sampling.maxTokens());
    }

    @Override
    public List<Sampled> sample(List<Request> requests, SamplingConfig sampling) {
        SamplingSettings settings = new SamplingSettings(
                sampling.temperature(),
                sampling.topK(),
                sampling.topP(),
                sampling.repetitionPenalty(),
                sampling.maxTokens(),
                sampling.stopStrings());
        return model
                .sample(requests.stream()
                        .map(r -> new SampleRequest(r.promptTokenIds(), settings, r.seed()))
                        .toList())
                .stream()
                .map(PolicyCompletionSource::sampled)
                .toList();
    }

    private static Sampled sampled(Sample sample) {
        FinishReason reason =
                switch (sample.finishReason()) {
                    case STOP -> FinishReason.STOP;
                    case LENGTH -> FinishReason.LENGTH;
                    case STOP_STRING -> FinishReason.STOP_STRING;
                };
        return new Sampled(
                sample.tokenIds(), sample.logProbability(), sample.tokenLogProbabilities(), sample.text(), reason);
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
            model = null;
        }
    }
}
