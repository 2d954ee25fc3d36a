package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What PEFT's {@code adapter_config.json} says of a LoRA adapter (Hu et al. 2021, arXiv:2106.09685): a projection W becomes
 * W + scale · B · A, with A of {@code rank} rows and B of {@code rank} columns.
 *
 * @param rank rows of A, unless a tensor shows another
 * @param alpha numerator of the scale
 * @param dropout share of A's inputs that is dropped in training
 * @param targets which modules are adapted
 * @param rankStabilised whether the scale is alpha / √rank (rsLoRA, arXiv:2312.03732) instead of alpha / rank
 * @param alphas other alphas, by a pattern that ends a module's name; of several that match the first counts
 * @param baseModel where the model came from that the adapter belongs to
 * @param json the whole file, which saving writes again key for key
 */
public record AdapterConfig(
        int rank,
        double alpha,
        double dropout,
        Targets targets,
        boolean rankStabilised,
        Map<String, Double> alphas,
        Optional<String> baseModel,
        ObjectNode json) {

    /** Name of the file in an adapter's folder. */
    public static final String FILE_NAME = "adapter_config.json";

    private static final String REVISION = "revision";
    private static final int LARGEST_RANK = 1 << 16;
    // Keys of LoraConfig that, set, make another computation of it.
    private static final List<String> VARIANTS = List.of(
            "use_dora",
            "lora_bias",
            "use_qalora",
            "use_bdlora",
            "layer_replication",
            "target_parameters",
            "trainable_token_indices",
            "alora_invocation_tokens",
            "arrow_config",
            "kasa_config",
            "monteclora_config",
            "velora_config");
    // Beginnings of init_lora_weights with which PEFT takes something off the base's weights, and does so again when it
    // loads the adapter.
    private static final List<String> CHANGES_OF_THE_BASE = List.of("pissa", "olora", "corda", "lora_ga", "loftq");

    /** Chooses modules by their name, such as {@code model.layers.0.self_attn.q_proj}. */
    public sealed interface Targets {
        boolean include(String module);
    }

    /** Modules whose name is, or ends with a dot and, one of these. */
    public record Named(List<String> names) implements Targets {
        public Named {
            names = List.copyOf(names);
        }

        @Override
        public boolean include(String module) {
            return names.stream().anyMatch(name -> module.equals(name) || module.endsWith("." + name));
        }
    }

    /** Modules whose whole name matches. */
    public record Matching(Pattern pattern) implements Targets {
        @Override
        public boolean include(String module) {
            return pattern.matcher(module).matches();
        }
    }

    /** Every projection of the decoder's layers. */
    public record AllProjections() implements Targets {
        @Override
        public boolean include(String module) {
            return !module.equals("lm_head") && !module.equals("score");
        }
    }

    public AdapterConfig {
        requireNonNull(targets, "targets is null");
        requireNonNull(baseModel, "baseModel is null");
        alphas = Collections.unmodifiableMap(new LinkedHashMap<>(alphas));
        json = json.deepCopy();
        if (rank < 1 || rank > LARGEST_RANK) {
            throw new CheckpointException("r is %d; it must be from 1 to %d".formatted(rank, LARGEST_RANK));
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new CheckpointException("lora_dropout is %s; it must be at least 0 and below 1".formatted(dropout));
        }
        if (!Double.isFinite(alpha)) {
            throw new CheckpointException("lora_alpha is %s; it must be a number".formatted(alpha));
        }
    }

    /**
     * The configuration of a new adapter.
     *
     * @param targetModules the last parts of the names of the modules to adapt, such as {@code q_proj}
     * @param baseModel path or name of the base model, for whoever loads the adapter
     */
    public static AdapterConfig of(
            ModelConfig base, int rank, double alpha, double dropout, List<String> targetModules, String baseModel) {
        return of(base, rank, alpha, dropout, false, targetModules, baseModel);
    }

    /** As above, with the scale of rsLoRA where {@code rankStabilised}. */
    public static AdapterConfig of(
            ModelConfig base,
            int rank,
            double alpha,
            double dropout,
            boolean rankStabilised,
            List<String> targetModules,
            String baseModel) {
        ObjectNode json = JsonFiles.object();
        json.put("base_model_name_or_path", baseModel);
        json.put("bias", "none");
        json.put("fan_in_fan_out", base.family() == ModelFamily.GPT2);
        json.put("inference_mode", true);
        json.put("init_lora_weights", true);
        if (alpha == Math.rint(alpha) && Math.abs(alpha) < Integer.MAX_VALUE) {
            // As PEFT declares it.
            json.put("lora_alpha", (int) alpha);
        } else {
            json.put("lora_alpha", alpha);
        }
        json.put("lora_dropout", dropout);
        json.putNull("modules_to_save");
        json.put("peft_type", "LORA");
        json.put("r", rank);
        ArrayNode targets = json.putArray("target_modules");
        targetModules.forEach(targets::add);
        json.put("task_type", base.head() == ModelHead.CAUSAL_LANGUAGE_MODEL ? "CAUSAL_LM" : "SEQ_CLS");
        json.put("use_dora", false);
        json.put("use_rslora", rankStabilised);
        return of(json);
    }

    /** The same for a base on a hub: at this commit, as PEFT names it. */
    public AdapterConfig withRevision(String commit) {
        ObjectNode changed = json.deepCopy();
        changed.put(REVISION, commit);
        return of(changed);
    }

    /** The same for a classifier, whose head is trained along and saved whole, as PEFT does it. */
    public AdapterConfig forClassifier() {
        ObjectNode changed = json.deepCopy();
        changed.put("task_type", "SEQ_CLS");
        changed.putArray("modules_to_save").add("score");
        return of(changed);
    }

    /** Whether a folder holds an adapter. */
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(FILE_NAME));
    }

    /**
     * Reads an adapter's configuration.
     *
     * @throws CheckpointException if there is none, or it is of a kind that is not computed
     */
    public static AdapterConfig read(Path folder) {
        Path file = folder.resolve(FILE_NAME);
        ObjectNode json = JsonFiles.read(file);
        try {
            return of(json);
        } catch (CheckpointException e) {
            throw new CheckpointException("%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static AdapterConfig of(ObjectNode json) {
        String type = json.path("peft_type").asText("LORA");
        if (!type.equals("LORA")) {
            throw new CheckpointException("the adapter type %s is not supported; supported is LORA".formatted(type));
        }
        for (String variant : VARIANTS) {
            JsonNode value = json.path(variant);
            if (value.asBoolean() || value.isContainerNode() && !value.isEmpty()) {
                throw new CheckpointException("%s is %s; only adapters of the plain form are supported"
                        .formatted(variant, value.isBoolean() ? "true" : "set"));
            }
        }
        String start = json.path("init_lora_weights").asText().toLowerCase(Locale.ROOT);
        if (CHANGES_OF_THE_BASE.stream().anyMatch(start::startsWith)) {
            throw new CheckpointException(
                    ("init_lora_weights is \"%s\": such an adapter belongs on weights that PEFT changed, not on those of"
                                    + " the base; have PEFT save it with path_initial_model_for_weight_conversion")
                            .formatted(json.path("init_lora_weights").asText()));
        }
        Map<String, Double> alphas = new LinkedHashMap<>();
        json.path("alpha_pattern")
                .properties()
                .forEach(e -> alphas.put(e.getKey(), number("alpha_pattern", e.getValue())));
        return new AdapterConfig(
                (int) number("r", json.path("r")),
                number("lora_alpha", json.path("lora_alpha")),
                json.path("lora_dropout").asDouble(0),
                targets(json.path("target_modules")),
                json.path("use_rslora").asBoolean(),
                alphas,
                Optional.ofNullable(json.path("base_model_name_or_path").textValue()),
                json);
    }

    private static Targets targets(JsonNode json) {
        if (json.isArray()) {
            return new Named(json.valueStream().map(JsonNode::asText).toList());
        }
        if (!json.isTextual()) {
            throw new CheckpointException(
                    "target_modules is %s; it must be a list of names or a pattern".formatted(json));
        }
        if (json.asText().equals("all-linear")) {
            return new AllProjections();
        }
        try {
            return new Matching(pattern(json.asText()));
        } catch (PatternSyntaxException e) {
            throw new CheckpointException("target_modules is no valid pattern: %s".formatted(json.asText()), e);
        }
    }

    private static double number(String key, JsonNode json) {
        if (!json.isNumber()) {
            throw new CheckpointException("%s is %s; it must be a number".formatted(key, json));
        }
        return json.asDouble();
    }

    /**
     * What B · A is multiplied with.
     *
     * @param module name of the module
     * @param moduleRank rows of its A
     */
    public double scale(String module, int moduleRank) {
        double numerator = alphas.entrySet().stream()
                .filter(entry -> endsWith(module, entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(alpha);
        return numerator / (rankStabilised ? Math.sqrt(moduleRank) : moduleRank);
    }

    /** Of Python's form: there a named group begins with a P. */
    private static Pattern pattern(String expression) {
        return Pattern.compile(expression.replace("(?P<", "(?<"));
    }

    private static boolean endsWith(String module, String pattern) {
        try {
            return pattern("(.*\\.)?(" + pattern + ")").matcher(module).matches();
        } catch (PatternSyntaxException e) {
            throw new CheckpointException("alpha_pattern has an invalid pattern: %s".formatted(pattern), e);
        }
    }

    /** Branch, tag or commit of a base on a hub, where the configuration says. */
    public Optional<String> revision() {
        return Optional.ofNullable(json.path(REVISION).textValue()).filter(text -> !text.isEmpty());
    }

    /**
     * The folder of the base model: the path in the configuration, as it stands or beside the adapter, a folder of the same name beside
     * the adapter, or the model of that name in the cache of downloads from a hub.
     *
     * @param adapter the adapter's folder
     * @param otherNames where else it may be
     */
    public Optional<Path> baseFolder(Path adapter, List<String> otherNames) {
        return baseFolder(adapter, otherNames, HubCache.ofEnvironment());
    }

    Optional<Path> baseFolder(Path adapter, List<String> otherNames, HubCache cache) {
        return places(adapter, otherNames, cache).stream()
                .filter(folder -> Files.exists(folder.resolve(ModelConfig.FILE_NAME)))
                .findFirst();
    }

    /** Where the base should be and another adapter is. */
    Optional<Path> adapterBelow(Path adapter) {
        return places(adapter, List.of(), HubCache.ofEnvironment()).stream()
                .filter(CheckpointParts::isAdapter)
                .findFirst();
    }

    private List<Path> places(Path adapter, List<String> otherNames, HubCache cache) {
        Path beside = adapter.toAbsolutePath().normalize().getParent();
        List<Path> places = new ArrayList<>();
        baseModel.filter(name -> !name.isEmpty()).map(Path::of).ifPresent(path -> {
            places.add(path);
            places.add(beside.resolve(path));
            places.add(beside.resolve(path.getFileName()));
        });
        otherNames.forEach(name -> places.add(beside.resolve(name)));
        baseModel.flatMap(name -> cache.find(name, revision())).ifPresent(places::add);
        return places;
    }

    /** Whether it says that it is of a sequence classifier. */
    public boolean isOfClassifier() {
        return json.path("task_type").asText().equals("SEQ_CLS");
    }

    /** The whole of adapter_config.json; a copy. */
    @Override
    public ObjectNode json() {
        return json.deepCopy();
    }

    /** Writes adapter_config.json into a folder. */
    public void write(Path folder) {
        JsonFiles.write(folder.resolve(FILE_NAME), json);
    }
}
