package io.counterflow.model.checkpoint;

import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.TensorInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which tensor of an adapter's file is which: under PEFT's names, and under those of a state dictionary that was saved without PEFT or with a
 * wrapper round the model.
 */
final class AdapterNames {
    /** What PEFT puts before the names of the base. */
    static final String PREFIX = "base_model.model.";

    // Where PEFT keeps what a module that it adapts had before.
    private static final String BASE_LAYER = ".base_layer";

    private final Map<String, String> storedOf;
    private final TreeSet<String> unused;

    private AdapterNames(Map<String, String> storedOf) {
        this.storedOf = storedOf;
        unused = new TreeSet<>(storedOf.values());
    }

    static AdapterNames of(SafetensorsFile file) {
        Map<String, String> storedOf = new TreeMap<>();
        TensorNames.byPlainName(file.tensors().stream().map(TensorInfo::name).toList())
                .forEach((plain, stored) -> {
                    String other = storedOf.put(withoutAdapterName(plain), stored);
                    if (other != null) {
                        throw new CheckpointException("%s holds two adapters: the tensors %s and %s have one place"
                                .formatted(file.path(), other, stored));
                    }
                });
        return new AdapterNames(storedOf);
    }

    /** A state dictionary of the whole calls the adapter "default", and what it saved whole by where it keeps it. */
    private static String withoutAdapterName(String plain) {
        String name = plain.replace(".modules_to_save.", ".");
        for (String part : List.of(".lora_A", ".lora_B", "")) {
            name = name.replace(part + ".default.", part + ".");
        }
        return name;
    }

    /** The name in the file of what the base, or PEFT beside it, calls so. */
    Optional<String> stored(String name) {
        return Optional.ofNullable(storedOf.get(name));
    }

    /** The same, which is then used. */
    Optional<String> use(String name) {
        Optional<String> stored = stored(name);
        stored.ifPresent(unused::remove);
        return stored;
    }

    /** Names in the file, plain names beside them, that were not used. */
    Map<String, String> unused() {
        Map<String, String> left = new TreeMap<>();
        storedOf.forEach((plain, stored) -> {
            if (unused.contains(stored)) {
                left.put(stored, plain);
            }
        });
        return left;
    }

    /** What PEFT calls a tensor of a module that it adapts and that is saved whole beside the factors. */
    static String inBaseLayer(String tensor) {
        int end = tensor.lastIndexOf('.');
        return tensor.substring(0, end) + BASE_LAYER + tensor.substring(end);
    }
}
