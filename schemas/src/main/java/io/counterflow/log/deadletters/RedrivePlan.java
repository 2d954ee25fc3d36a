package io.counterflow.log.deadletters;

import java.util.List;

/**
 * What a redrive does with the letters that were selected; each is in one of the lists, oldest first.
 *
 * @param send those that go round again
 * @param scored completions that the scorer has scored since, or that another of the letters sends already
 * @param withoutOriginal those that were made on the way and never stood in a topic that is read, such as groups with too few
 *     scores; redrive the completions they lack, then rescore
 */
public record RedrivePlan(List<Letter> send, List<Letter> scored, List<Letter> withoutOriginal) {

    /** Copies the lists. */
    public RedrivePlan {
        send = List.copyOf(send);
        scored = List.copyOf(scored);
        withoutOriginal = List.copyOf(withoutOriginal);
    }
}
