package io.llmproxy.explain;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The last so many of what was added, by any thread and without waiting. */
final class Ring<T> {
    private final AtomicReferenceArray<@Nullable T> places;
    private final AtomicLong added = new AtomicLong();

    /** @param size a power of two */
    Ring(int size) {
        places = new AtomicReferenceArray<>(size);
    }

    void add(T item) {
        places.set((int) (added.getAndIncrement() & (places.length() - 1)), item);
    }

    /** Takes out what is not wanted any more; returns how many that were. */
    int removeIf(Predicate<T> unwanted) {
        int removed = 0;
        for (int i = 0; i < places.length(); i++) {
            T item = places.get(i);
            // What has come to the place since stays.
            if (item != null && unwanted.test(item) && places.compareAndSet(i, item, null)) {
                removed++;
            }
        }
        return removed;
    }

    void forEach(Consumer<T> each) {
        for (int i = 0; i < places.length(); i++) {
            T item = places.get(i);
            if (item != null) {
                each.accept(item);
            }
        }
    }
}
