package io.counterflow.trainer.replay;

import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.trainer.TrainerState;
import io.counterflow.trainer.checkpoint.Checkpoint;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.checkpoint.Manifest;
import io.counterflow.trainer.checkpoint.RunCheckpointException;
import io.counterflow.trainer.step.PolicyTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A checkpoint among those that are kept beside it: which follow from its hashes, and whether they agree with it.
 *
 * @param chain folders of those before it whose hashes follow from its own, newest first
 * @param missing SHA-256 of the one where the chain ends because it is not kept here; null where it goes back to the run's first
 * @param faults what does not agree
 * @param byManifestAlone files that only the manifest vouches for: neither the ledger nor a checkpoint before it knows them
 */
record CheckpointChain(List<Path> chain, String missing, List<String> faults, List<String> byManifestAlone) {

    static final String WEIGHTS = "model.safetensors";

    /** What every step changes; all else is copied from one checkpoint to the next. */
    private static final Set<String> CHANGING =
            Set.of(WEIGHTS, AdapterTensors.FILE_NAME, PolicyTraining.OPTIMIZER_FILE, TrainerState.FILE);

    static CheckpointChain of(Checkpoint checkpoint) throws IOException {
        List<String> faults = new ArrayList<>(unlisted(checkpoint));
        SortedMap<Long, Checkpoint> kept = kept(checkpoint, faults);
        faults.addAll(newestTwo(checkpoint, kept));
        Map<String, Checkpoint> earlier = new HashMap<>();
        kept.headMap(checkpoint.step()).values().forEach(other -> earlier.put(other.sha256(), other));
        List<Path> chain = new ArrayList<>();
        Set<String> alone = new TreeSet<>(checkpoint.manifest().files().keySet());
        alone.removeAll(Set.of(WEIGHTS, AdapterTensors.FILE_NAME, TrainerState.FILE));
        String previous = checkpoint.manifest().previous();
        while (previous != null && earlier.containsKey(previous)) {
            Checkpoint found = earlier.remove(previous);
            for (String file : changed(checkpoint.manifest(), found.manifest())) {
                faults.add(
                        file + " is another than in " + found.folder().getFileName() + ", though no step changes it");
            }
            alone.removeIf(
                    file -> !CHANGING.contains(file) && found.manifest().files().containsKey(file));
            chain.add(found.folder());
            previous = found.manifest().previous();
        }
        return new CheckpointChain(chain, previous, faults, List.copyOf(alone));
    }

    private static SortedMap<Long, Checkpoint> kept(Checkpoint checkpoint, List<String> faults) {
        SortedMap<Long, Checkpoint> kept = new TreeMap<>();
        for (Path candidate : new CheckpointFolder(checkpoint.folder().getParent()).candidates()) {
            if (!candidate.equals(checkpoint.folder())) {
                try {
                    Checkpoint other = CheckpointFolder.open(candidate);
                    kept.put(other.step(), other);
                } catch (RunCheckpointException e) {
                    faults.add(e.getMessage());
                }
            }
        }
        kept.put(checkpoint.step(), checkpoint);
        return kept;
    }

    /** A trainer never deletes the last but one, so that the newest follows from it wherever both are kept. */
    private static List<String> newestTwo(Checkpoint checkpoint, SortedMap<Long, Checkpoint> kept) {
        if (kept.size() < 2) {
            return List.of();
        }
        Checkpoint newest = kept.get(kept.lastKey());
        Checkpoint before = kept.get(kept.headMap(newest.step()).lastKey());
        boolean concerns = checkpoint.equals(newest) || checkpoint.equals(before);
        if (!concerns || before.sha256().equals(newest.manifest().previous())) {
            return List.of();
        }
        return List.of(newest.folder().getFileName() + " names "
                + newest.manifest().previous()
                + " as the checkpoint before it, but " + before.folder().getFileName() + " beside it has SHA-256 "
                + before.sha256());
    }

    private static List<String> unlisted(Checkpoint checkpoint) throws IOException {
        try (Stream<Path> files = Files.list(checkpoint.folder())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("manifest.json")
                            && !checkpoint.manifest().files().containsKey(name))
                    .sorted()
                    .map(name -> name + " is in the folder, and the manifest does not list it")
                    .toList();
        }
    }

    private static List<String> changed(Manifest here, Manifest before) {
        return before.files().entrySet().stream()
                .filter(file -> !CHANGING.contains(file.getKey()))
                .filter(file -> !file.getValue().equals(here.files().get(file.getKey())))
                .map(Map.Entry::getKey)
                .toList();
    }
}
