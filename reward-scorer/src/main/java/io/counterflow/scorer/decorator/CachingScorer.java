package io.counterflow.scorer.decorator;

import static java.util.Objects.requireNonNull;

import io.counterflow.files.Sha256;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import io.counterflow.scorer.api.Scorer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Remembers outcomes by content: prompt, conversation, completion and metadata, but not the identifier. Only scored and rejected
 * outcomes are kept; equal requests in one batch are scored once. The least recently used outcome goes first. For scorers whose
 * score depends on nothing else. As thread-safe as the scorer.
 */
public final class CachingScorer implements Scorer {

    private final Scorer scorer;
    private final Map<ByteBuffer, ScoreOutcome> cache;

    private CachingScorer(Scorer scorer, int capacity) {
        this.scorer = requireNonNull(scorer, "scorer is null");
        this.cache = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<ByteBuffer, ScoreOutcome> eldest) {
                return size() > capacity;
            }
        };
    }

    /**
     * Caches outcomes.
     *
     * @param capacity outcomes to keep; 0 keeps none and returns {@code scorer} itself
     */
    public static Scorer wrap(Scorer scorer, int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("cache capacity " + capacity + " must not be negative");
        }
        return capacity == 0 ? scorer : new CachingScorer(scorer, capacity);
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws Exception {
        List<ByteBuffer> keys = batch.stream().map(CachingScorer::key).toList();
        ScoreOutcome[] outcomes = new ScoreOutcome[batch.size()];
        Map<ByteBuffer, ScoreRequest> unknown = new LinkedHashMap<>();
        synchronized (cache) {
            for (int i = 0; i < outcomes.length; i++) {
                outcomes[i] = cache.get(keys.get(i));
                if (outcomes[i] == null) {
                    unknown.putIfAbsent(keys.get(i), batch.get(i));
                }
            }
        }
        if (!unknown.isEmpty()) {
            List<ScoreOutcome> fresh = scorer.score(new ArrayList<>(unknown.values()));
            Map<ByteBuffer, ScoreOutcome> found = new LinkedHashMap<>();
            int next = 0;
            for (ByteBuffer key : unknown.keySet()) {
                found.put(key, fresh.get(next++));
            }
            synchronized (cache) {
                found.forEach((key, outcome) -> {
                    if (outcome instanceof Scored || outcome instanceof Rejected) {
                        cache.put(key, outcome);
                    }
                });
            }
            for (int i = 0; i < outcomes.length; i++) {
                if (outcomes[i] == null) {
                    outcomes[i] = found.get(keys.get(i));
                }
            }
        }
        return Arrays.asList(outcomes);
    }

    @Override
    public void close() throws Exception {
        scorer.close();
    }

    private static ByteBuffer key(ScoreRequest request) {
        MessageDigest digest = Sha256.digest();
        add(digest, request.prompt());
        add(digest, request.completion());
        add(digest, Integer.toString(request.turns().size()));
        for (Turn turn : request.turns()) {
            add(digest, turn.role());
            add(digest, turn.content());
            add(digest, turn.json().orElse(""));
        }
        add(digest, Integer.toString(request.templateVariables().size()));
        new TreeMap<>(request.templateVariables()).forEach((name, value) -> {
            add(digest, name);
            add(digest, value);
        });
        new TreeMap<>(request.metadata()).forEach((name, value) -> {
            add(digest, name);
            add(digest, value);
        });
        return ByteBuffer.wrap(digest.digest()).asReadOnlyBuffer();
    }

    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        // With its length in front, no two different requests have the same bytes.
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }
}
