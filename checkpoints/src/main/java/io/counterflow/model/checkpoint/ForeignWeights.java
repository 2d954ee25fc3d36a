package io.counterflow.model.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Weights in forms that are not read here: which form it is, and how to make safetensors of it. */
public final class ForeignWeights {
    private static final int MOST_NAMES_SHOWN = 6;
    private static final String SAVE =
            "load it with transformers in Python and write it again: AutoModelForCausalLM.from_pretrained(\"%1$s\").save_pretrained(NEW-FOLDER)";
    private static final String SAVE_WITH_4 =
            "transformers 4 reads it with from_pretrained(\"%1$s\", {@}=True), and save_pretrained(NEW-FOLDER) writes safetensors";

    /**
     * A form, known by the name of a file.
     *
     * @param file the whole name
     * @param form what it is called
     * @param remedy what to do; %1$s stands for the folder, %2$s for the file
     */
    private record Form(Pattern file, String form, String remedy) {
        static Form of(String file, String form, String remedy) {
            return new Form(Pattern.compile(file), form, remedy);
        }
    }

    // The first that matches counts: what is particular stands before what is common.
    private static final List<Form> FORMS = List.of(
            Form.of(
                    ".*\\.gguf",
                    "GGUF, llama.cpp's form",
                    "take the safetensors that it was made from, or make some in Python: AutoModelForCausalLM.from_pretrained(\"%1$s\","
                            + " gguf_file=\"%2$s\").save_pretrained(NEW-FOLDER)"),
            Form.of(
                    "ggml.*\\.bin|.*\\.ggml",
                    "GGML, an old form of llama.cpp",
                    "take the safetensors that it was made from"),
            Form.of(
                    ".*\\.distcp|\\.metadata",
                    "a distributed checkpoint of PyTorch (DCP)",
                    "make one file of it with 'accelerate merge-weights %1$s NEW-FOLDER', or with 'python -m"
                            + " torch.distributed.checkpoint.format_utils dcp_to_torch %1$s weights.pt' and save_pretrained"),
            Form.of(
                    "zero_to_fp32\\.py|.*_optim_states\\.pt|mp_rank_\\d+_model_states\\.pt|global_step\\d+",
                    "a checkpoint of DeepSpeed (ZeRO)",
                    "make one of it with 'python zero_to_fp32.py %1$s NEW-FOLDER --safe_serialization'"),
            Form.of(
                    ".*fsdp.*\\.(bin|pt|pth)|.*_rank_?\\d+.*\\.(bin|pt|pth)|.*fsdp_\\d+",
                    "shards of FSDP",
                    "make one of them with 'accelerate merge-weights %1$s NEW-FOLDER', or save with FULL_STATE_DICT"),
            Form.of(
                    "adapter_model\\.(bin|pt|pth)",
                    "a LoRA adapter as a pickle of PyTorch",
                    "write it again with PEFT in Python: PeftModel.from_pretrained(BASE, \"%1$s\").save_pretrained(NEW-FOLDER)"),
            Form.of(
                    "adapters\\.(safetensors|npz)",
                    "a LoRA adapter of MLX",
                    "merge it with 'mlx_lm.fuse --de-quantize' and take what that writes"),
            Form.of(
                    "consolidated.*\\.pth",
                    "Meta's own form (consolidated.*.pth)",
                    "convert it with 'python -m transformers.models.llama.convert_llama_weights_to_hf'"),
            Form.of(
                    "consolidated.*\\.safetensors",
                    "Mistral's own form, with other names of tensors",
                    "take the files of the Hugging Face layout (model.safetensors), or convert it with 'python -m"
                            + " transformers.models.mistral.convert_mistral_weights_to_hf'"),
            Form.of(
                    "tf_model.*\\.h5|.*\\.h5|.*\\.keras",
                    "weights of TensorFlow",
                    SAVE_WITH_4.replace("{@}", "from_tf")),
            Form.of(
                    "model\\.ckpt.*|.*\\.ckpt\\.(index|meta)",
                    "weights of TensorFlow 1",
                    SAVE_WITH_4.replace("{@}", "from_tf")),
            Form.of(".*\\.msgpack", "weights of Flax", SAVE_WITH_4.replace("{@}", "from_flax")),
            Form.of("weights.*\\.npz", "weights of MLX", "take the safetensors that they were made from"),
            Form.of(
                    ".*\\.(bin|bin\\.index\\.json|pth|pt|ckpt)",
                    "a pickle of PyTorch, which can run code and is not opened here",
                    SAVE),
            Form.of(
                    ".*\\.onnx",
                    "a graph in ONNX, which scores as a classifier (model.onnx) but has no weights to sample from or to train",
                    "take the checkpoint that it was exported from"),
            Form.of(
                    ".*-\\d+-of-\\d+\\.safetensors",
                    "shards without their index",
                    "copy model.safetensors.index.json beside them, or write them again with save_pretrained"));

    /** What stands beside weights in a folder that was trained in. */
    private static final Pattern NO_WEIGHTS =
            Pattern.compile("(training_args|optimizer|scheduler|scaler|rng_state|random_states).*");

    private ForeignWeights() {}

    /**
     * What to say of a folder that has not the file that is wanted: what it holds instead.
     *
     * @param wanted name of the file with weights
     */
    static String instead(Path folder, String wanted) {
        if (!Files.isDirectory(folder)) {
            return "%s is not a folder".formatted(folder);
        }
        return describe(folder).orElseGet(() -> {
            String missing = wanted.equals(CheckpointTensors.SINGLE_FILE)
                    ? "there is no %s and no %s in %s".formatted(wanted, CheckpointTensors.INDEX, folder)
                    : "there is no %s in %s".formatted(wanted, folder);
            return missing + others(names(folder));
        });
    }

    /** The form of the weights in a folder, and what to do; empty where none is known. */
    public static Optional<String> describe(Path folder) {
        Collection<String> names = names(folder);
        return describe(folder.toString(), names).map(found -> "%s holds its weights as %s".formatted(folder, found));
    }

    /** The same of a model elsewhere, by the names of its files. */
    public static Optional<String> describe(String model, Collection<String> names) {
        for (Form form : FORMS) {
            for (String name : names) {
                if (form.file().matcher(name).matches()
                        && !NO_WEIGHTS.matcher(name).matches()) {
                    return Optional.of("%s (%s); %s"
                            .formatted(form.form(), name, form.remedy().formatted(model, name)));
                }
            }
        }
        return Optional.empty();
    }

    /** What a file is that was named in the place of a folder. */
    public static String describeFile(Path file) {
        String name = file.getFileName().toString();
        Path folder = file.toAbsolutePath().getParent();
        if (name.endsWith(".safetensors")) {
            return "%s is a file; a checkpoint is a folder with config.json, %s and tokenizer.json: name %s"
                    .formatted(file, CheckpointTensors.SINGLE_FILE, folder);
        }
        return describe(folder.toString(), List.of(name))
                .map(found -> "%s is a file, %s".formatted(file, found))
                .orElseGet(() -> "%s is a file; a checkpoint is a folder".formatted(file));
    }

    private static String others(Collection<String> names) {
        String checkpoints = names.stream()
                .filter(name -> name.matches("(checkpoint|step|epoch)-\\d+"))
                .limit(MOST_NAMES_SHOWN)
                .collect(Collectors.joining(", "));
        if (!checkpoints.isEmpty()) {
            return "; name one of the checkpoints in it: " + checkpoints;
        }
        String weights = names.stream()
                .filter(name -> name.endsWith(".safetensors"))
                .limit(MOST_NAMES_SHOWN)
                .collect(Collectors.joining(", "));
        return weights.isEmpty() ? "" : "; it has " + weights;
    }

    /** Names in a folder, in the order of the alphabet. */
    private static Collection<String> names(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new CheckpointException("cannot read %s: %s".formatted(folder, e), e);
        }
    }
}
