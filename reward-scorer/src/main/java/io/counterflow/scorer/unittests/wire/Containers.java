package io.counterflow.scorer.unittests.wire;

import java.util.AbstractMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.Stack;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.Vector;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The collections, maps and other changeable objects of the JDK that cross by content, by the name of the class that is made on
 * the other side. What is a subclass here arrives as the class it extends.
 */
final class Containers {

    static final String FIXED = "fixed";
    static final String IMMUTABLE_LIST = "immutable-list";
    static final String IMMUTABLE_SET = "immutable-set";
    static final String IMMUTABLE_MAP = "immutable-map";

    private static final Map<String, Supplier<Object>> MAKERS = new HashMap<>();

    static {
        for (Supplier<Object> maker : List.<Supplier<Object>>of(
                ArrayList::new,
                LinkedList::new,
                Vector::new,
                Stack::new,
                CopyOnWriteArrayList::new,
                ArrayDeque::new,
                PriorityQueue::new,
                HashSet::new,
                LinkedHashSet::new,
                TreeSet::new,
                ConcurrentSkipListSet::new,
                CopyOnWriteArraySet::new,
                HashMap::new,
                LinkedHashMap::new,
                TreeMap::new,
                Hashtable::new,
                WeakHashMap::new,
                ConcurrentHashMap::new,
                ConcurrentSkipListMap::new,
                ConcurrentLinkedQueue::new,
                ConcurrentLinkedDeque::new,
                LinkedBlockingQueue::new,
                LinkedBlockingDeque::new,
                PriorityBlockingQueue::new,
                StringBuilder::new,
                StringBuffer::new,
                AtomicInteger::new,
                AtomicLong::new,
                AtomicBoolean::new,
                AtomicReference::new)) {
            MAKERS.put(maker.get().getClass().getName(), maker);
        }
    }

    private Containers() {}

    /** The name under which an object crosses by content; null when it does not. Arrays are not asked for here. */
    static String kindOf(Object object) {
        String fixed = unchangeable(object);
        if (fixed != null) {
            return fixed;
        }
        for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
            if (type.getClassLoader() == null && MAKERS.containsKey(type.getName())) {
                return type.getName();
            }
        }
        if (object instanceof List) {
            return ArrayList.class.getName();
        }
        if (object instanceof Set) {
            return (object instanceof SortedSet ? TreeSet.class : LinkedHashSet.class).getName();
        }
        if (object instanceof Map) {
            return (object instanceof SortedMap ? TreeMap.class : LinkedHashMap.class).getName();
        }
        if (object instanceof Deque || object instanceof Queue) {
            return LinkedList.class.getName();
        }
        return object instanceof Collection ? ArrayList.class.getName() : null;
    }

    private static String unchangeable(Object object) {
        String name = object.getClass().getName();
        if (!name.startsWith("java.util.")) {
            return null;
        }
        if (name.equals("java.util.Arrays$ArrayList")) {
            return FIXED;
        }
        if (name.startsWith("java.util.ImmutableCollections$")
                || name.startsWith("java.util.Collections$Unmodifiable")
                || name.startsWith("java.util.Collections$Empty")
                || name.startsWith("java.util.Collections$Singleton")) {
            return object instanceof List
                    ? IMMUTABLE_LIST
                    : object instanceof Set ? IMMUTABLE_SET : object instanceof Map ? IMMUTABLE_MAP : null;
        }
        return null;
    }

    /** An empty container; the unchangeable kinds are made by {@link ValueReader}. */
    static Object make(String kind) {
        Supplier<Object> maker = MAKERS.get(kind);
        if (maker == null) {
            throw new WireException("a container of unknown kind " + kind);
        }
        return maker.get();
    }

    /** Whether a container of this kind keeps its elements in an order that a comparison makes. */
    static boolean ordered(String kind) {
        return kind.equals(TreeSet.class.getName())
                || kind.equals(TreeMap.class.getName())
                || kind.equals(ConcurrentSkipListSet.class.getName())
                || kind.equals(ConcurrentSkipListMap.class.getName())
                || kind.equals(PriorityQueue.class.getName())
                || kind.equals(PriorityBlockingQueue.class.getName());
    }

    /** A queue's elements in the order in which they would be taken. */
    static Collection<?> elements(Collection<?> collection) {
        if (collection instanceof PriorityQueue<?> queue && queue.getClass() == PriorityQueue.class) {
            List<Object> taken = new ArrayList<>();
            PriorityQueue<?> copy = new PriorityQueue<>(queue);
            while (!copy.isEmpty()) {
                taken.add(copy.poll());
            }
            return taken;
        }
        return collection;
    }

    static Object entry(Object key, Object value) {
        return new AbstractMap.SimpleEntry<>(key, value);
    }
}
