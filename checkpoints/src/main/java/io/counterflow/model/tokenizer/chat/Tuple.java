package io.counterflow.model.tokenizer.chat;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Python's tuple: a list but for how it is written, and that it equals no list. */
final class Tuple extends AbstractList<Object> {
    private final Object[] elements;
    private final List<String> names;

    Tuple(Collection<?> elements) {
        this(List.of(), elements.toArray());
    }

    private Tuple(List<String> names, Object[] elements) {
        this.names = names;
        this.elements = elements;
    }

    static Tuple of(Object... elements) {
        return new Tuple(Arrays.asList(elements));
    }

    /** A tuple whose elements can be had by name, too. */
    static Tuple named(List<String> names, Object... elements) {
        return new Tuple(names, elements);
    }

    /** The element of that name, if elements have names and one has this. */
    Optional<Object> get(String name) {
        return names.contains(name) ? Optional.of(elements[names.indexOf(name)]) : Optional.empty();
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
