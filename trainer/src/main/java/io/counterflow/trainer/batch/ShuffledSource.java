package io.counterflow.trainer.batch;

import io.counterflow.schemas.GroupPosition;
import io.counterflow.trainer.order.SeededOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A fixed range of the log, in an order of its own for every epoch that depends on the seed and the epoch alone.
 *
 * <p>Positions are kept in memory (32 bytes a group), groups are read when they are due.
 */
public final class ShuffledSource implements GroupSource {

    private final GroupReader reader;
    private final List<GroupPosition> positions = new ArrayList<>();
    private final boolean shuffle;
    private final long seed;
    private final int epochs;
    private final int ahead;
    private final List<TrainingGroup> fetched = new ArrayList<>();
    private final SortedMap<String, Integer> recipes = new TreeMap<>();
    private int duplicates;
    private long given;
    private int[] order;
    private long orderOf = -1;

    /**
     * Reads through the ranges once to learn where the groups stand.
     *
     * @param reader stays the caller's
     * @param ahead how many groups are read at once
     * @param given how many groups the run has used already, all epochs together
     */
    public ShuffledSource(
            GroupReader reader,
            List<SourceRange> ranges,
            GroupFilter filter,
            boolean shuffle,
            long seed,
            int epochs,
            int ahead,
            long given) {
        this.reader = reader;
        this.shuffle = shuffle;
        this.seed = seed;
        this.epochs = epochs;
        this.ahead = ahead;
        this.given = given;
        SeenGroups seen = new SeenGroups();
        for (SourceRange range : ranges) {
            reader.scan(range, group -> {
                if (filter.accepts(group)) {
                    if (seen.note(group.groupId(), group.position()).isPresent()) {
                        duplicates++;
                    } else {
                        positions.add(group.ledgerPosition());
                        recipes.merge(RunRecipe.name(group), 1, Integer::sum);
                    }
                }
            });
        }
    }

    /** Groups in the range, each counted once. */
    public int size() {
        return positions.size();
    }

    /** Records passed over because their group stands in the range already. */
    public int duplicates() {
        return duplicates;
    }

    /** Groups in the range by the recipe that rewarded them, each by {@link RunRecipe#name}. */
    public SortedMap<String, Integer> recipes() {
        return Collections.unmodifiableSortedMap(recipes);
    }

    @Override
    public Optional<TrainingGroup> next(Duration wait) {
        if (ended()) {
            return Optional.empty();
        }
        if (fetched.isEmpty()) {
            fetch();
        }
        given++;
        return Optional.of(fetched.remove(0));
    }

    private void fetch() {
        int size = positions.size();
        if (orderOf != epoch()) {
            order = order(size, shuffle, seed, epoch());
            orderOf = epoch();
        }
        int begin = (int) (given % size);
        List<GroupPosition> due = new ArrayList<>();
        for (int i = begin; i < Math.min(begin + ahead, size); i++) {
            due.add(positions.get(order[i]));
        }
        fetched.addAll(reader.read(due));
    }

    /** The order of an epoch: the numbers from 0 to {@code size} - 1. */
    static int[] order(int size, boolean shuffle, long seed, long epoch) {
        return shuffle ? SeededOrder.ofEpoch(size, seed, epoch) : SeededOrder.natural(size);
    }

    @Override
    public long epoch() {
        return positions.isEmpty() ? 0 : given / positions.size();
    }

    @Override
    public boolean ended() {
        return given >= (long) positions.size() * epochs;
    }

    @Override
    public boolean betweenEpochs() {
        return !positions.isEmpty() && given % positions.size() == 0;
    }

    @Override
    public void close() {
        // The reader stays open: it belongs to the caller.
    }
}
