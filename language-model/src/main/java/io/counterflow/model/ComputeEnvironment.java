package io.counterflow.model;

import io.counterflow.model.decoder.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What decides the last bits of a sum of floating-point numbers beside the program: where two runs of the same steps differ, this says why.
 *
 * @param values by name: {@code jvm}, {@code os}, {@code processor}, {@code instructions} (the vector and matrix instructions that libtorch chooses
 *     among), {@code libtorch}, {@code threads}
 */
public record ComputeEnvironment(SortedMap<String, String> values) {

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    /** Those of x86-64 and of AArch64. */
    private static final Pattern INSTRUCTIONS =
            Pattern.compile("sse4_2|avx|avx2|fma|f16c|avx512\\w*|avx_vnni|amx_\\w+|asimd\\w*|sve\\w*|bf16|i8mm");

    public ComputeEnvironment {
        values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    }

    /** As it was written down. */
    public static ComputeEnvironment of(Map<String, String> values) {
        return new ComputeEnvironment(new TreeMap<>(values));
    }

    /** Of this process; loads libtorch. */
    public static ComputeEnvironment here() {
        SortedMap<String, String> values = new TreeMap<>();
        values.put("jvm", property("java.vm.name") + " " + property("java.vm.version"));
        values.put("os", property("os.name") + " " + property("os.arch"));
        values.put("libtorch", TorchEngine.version());
        values.put("threads", property("ai.djl.pytorch.num_threads"));
        List<String> lines = processorLines();
        named(lines, "model name", "CPU part").ifPresent(name -> values.put("processor", name));
        named(lines, "flags", "Features").ifPresent(flags -> values.put("instructions", instructions(flags)));
        return new ComputeEnvironment(values);
    }

    /** The instructions of a list of a processor's features that matter here, in alphabetical order. */
    static String instructions(String features) {
        SortedSet<String> found = Stream.of(features.split("\\s+"))
                .filter(feature -> INSTRUCTIONS.matcher(feature).matches())
                .collect(Collectors.toCollection(TreeSet::new));
        return String.join(" ", found);
    }

    /** One sentence for each value that both know and that differs, e.g. {@code threads was 1 and is 2}. */
    public List<String> differencesTo(ComputeEnvironment now) {
        List<String> differences = new ArrayList<>();
        values.forEach((name, before) -> {
            String after = now.values.get(name);
            if (after != null && !after.equals(before)) {
                differences.add(name + " was " + before + " and is " + after);
            }
        });
        return differences;
    }

    private static String property(String name) {
        return System.getProperty(name, "unknown");
    }

    private static List<String> processorLines() {
        try {
            return Files.isReadable(PROCESSORS) ? Files.readAllLines(PROCESSORS) : List.of();
        } catch (IOException e) {
            // Another operating system, or a container that hides it: the other values are there.
            return List.of();
        }
    }

    private static java.util.Optional<String> named(List<String> lines, String... names) {
        return Stream.of(names)
                .flatMap(name -> lines.stream().filter(line -> line.startsWith(name)))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst();
    }
}
