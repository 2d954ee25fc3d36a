package io.counterflow.model.tokenizer.chat;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collection;

/** Python's tuple: a list but for how it is written, and that it equals no list. */
final class Tuple extends AbstractList<Object> {
    private final Object[] elements;

    Tuple(Collection<?> elements) {
        this.elements = elements.toArray();
    }

    static Tuple of(Object... elements) {
        return new Tuple(Arrays.asList(elements));
    }

    @Override
    public Object get(int place) {
        return elements[place];
    }

    @Override
    public int size() {
        return elements.length;
    }
}
