package io.counterflow.model.checkpoint;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names of tensors without what wrappers put before or into them: a model that was saved as it was compiled, distributed or adapted, and not
 * unwrapped first, calls its tensors {@code _orig_mod.model.norm.weight}, {@code module.model.norm.weight} and so on.
 */
final class TensorNames {
    /** torch.compile, FSDP and activation checkpointing wrap the whole or any part. */
    private static final List<String> ANYWHERE =
            List.of("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.");

    /** DataParallel, DDP and DeepSpeed; PEFT; TRL's models with a value head. */
    private static final List<String> IN_FRONT = List.of("module.", "base_model.model.", "pretrained_model.");

    /** What a model of ours calls its parts; another {@code model.} before that is a wrapper's, such as Lightning's. */
    private static final List<String> PARTS = List.of(
            "model.",
            "transformer.",
            "lm_head.",
            "score.",
            "bert.",
            "roberta.",
            "distilbert.",
            "pre_classifier.",
            "classifier.");

    private TensorNames() {}

    /** The name that a tensor has in the model itself. */
    static String plain(String stored) {
        String name = stored;
        for (String wrapper : ANYWHERE) {
            name = name.replace(wrapper, "");
        }
        while (true) {
            String current = name;
            if (IN_FRONT.stream().anyMatch(current::startsWith)) {
                name = IN_FRONT.stream()
                        .filter(current::startsWith)
                        .findFirst()
                        .map(wrapper -> current.substring(wrapper.length()))
                        .orElseThrow();
            } else if (PARTS.stream().anyMatch(part -> current.startsWith("model." + part))) {
                name = current.substring("model.".length());
            } else {
                return name;
            }
        }
    }

    /**
     * Stored names by plain ones.
     *
     * @throws CheckpointException if two are the same without their wrappers
     */
    static Map<String, String> byPlainName(Collection<String> stored) {
        Map<String, String> names = new LinkedHashMap<>();
        for (String name : stored) {
            String other = names.put(plain(name), name);
            if (other != null) {
                throw new CheckpointException("the tensors %s and %s are both %s without what wrappers put before it"
                        .formatted(other, name, plain(name)));
            }
        }
        return names;
    }
}
