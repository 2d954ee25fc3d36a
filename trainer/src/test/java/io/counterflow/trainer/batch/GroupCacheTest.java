package io.counterflow.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GroupCacheTest {

    private static final long SMALL = GroupCache.tokens(Groups.group("s", 0, 0, new int[10]));

    @Test
    void aLongGroupTakesThePlaceOfAsManyShortOnesAsItNeeds() {
        GroupCache cache = new GroupCache(10 * SMALL);
        for (int i = 0; i < 10; i++) {
            cache.put(Groups.group("s" + i, i, 0, new int[10]));
        }
        assertThat(cache.tokens()).isEqualTo(10 * SMALL);

        TrainingGroup longest = Groups.group("long", 10, 0, new int[(int) (2 * SMALL)]);
        cache.put(longest);

        assertThat(cache.tokens()).isLessThanOrEqualTo(10 * SMALL);
        assertThat(cache.get(longest.position())).contains(longest);
        assertThat(cache.get(Groups.group("s9", 9, 0).position())).isPresent();
        assertThat(cache.get(Groups.group("s0", 0, 0).position())).isEmpty();
        assertThat(cache.get(Groups.group("s3", 3, 0).position())).isEmpty();
    }

    @Test
    void whatWasAskedForLastStaysLongest() {
        GroupCache cache = new GroupCache(2 * SMALL);
        TrainingGroup first = Groups.group("1", 1, 0, new int[10]);
        TrainingGroup second = Groups.group("2", 2, 0, new int[10]);
        cache.put(first);
        cache.put(second);
        cache.get(first.position());
        cache.put(Groups.group("3", 3, 0, new int[10]));

        assertThat(cache.get(first.position())).contains(first);
        assertThat(cache.get(second.position())).isEmpty();
    }

    @Test
    void aGroupThatIsLargerThanTheCacheIsNotKeptAndPutTwiceOneCountsOnce() {
        GroupCache cache = new GroupCache(2 * SMALL);
        cache.put(Groups.group("1", 1, 0, new int[10]));
        cache.put(Groups.group("1", 1, 0, new int[10]));
        assertThat(cache.tokens()).isEqualTo(SMALL);

        cache.put(Groups.group("huge", 2, 0, new int[10_000]));
        assertThat(cache.tokens()).isZero();

        GroupCache none = new GroupCache(0);
        none.put(Groups.group("1", 1, 0, new int[10]));
        assertThat(none.tokens()).isZero();
    }
}
