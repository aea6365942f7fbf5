package io.llmproxy.usage;

/** Counts as they are read: what comes later takes the place of what came before. */
final class Counts {
    private final long[] values = new long[Count.ALL.size()];
    private int known;

    void clear() {
        known = 0;
    }

    boolean isEmpty() {
        return known == 0;
    }

    boolean knows(Count count) {
        return (known >>> count.index() & 1) != 0;
    }

    /** Returns a count, or 0 if it is not known. */
    long get(Count count) {
        return knows(count) ? values[count.index()] : 0;
    }

    void set(Count count, long value) {
        known |= 1 << count.index();
        values[count.index()] = value;
    }

    void add(Count count, long value) {
        set(count, get(count) + value);
    }

    void unset(Count count) {
        known &= ~(1 << count.index());
    }

    Counts copy() {
        Counts copy = new Counts();
        System.arraycopy(values, 0, copy.values, 0, values.length);
        copy.known = known;
        return copy;
    }

    Usage toUsage() {
        Usage.Builder usage = new Usage.Builder();
        for (Count count : Count.ALL) {
            if (knows(count)) {
                usage.set(count, values[count.index()]);
            }
        }
        return usage.build();
    }
}
