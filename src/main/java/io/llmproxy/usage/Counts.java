package io.llmproxy.usage;

/** Counts as they are read: what comes later takes the place of what came before. */
final class Counts {
    private static final long[] NONE = {};

    /** Made with the first count: most answers have none of some. */
    private long[] values = NONE;

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
        if (values.length == 0) {
            values = new long[Count.ALL.size()];
        }
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
        copy.values = values.length == 0 ? NONE : values.clone();
        copy.known = known;
        return copy;
    }

    Usage toUsage() {
        if (known == 0) {
            return Usage.UNKNOWN;
        }
        Usage.Builder usage = new Usage.Builder();
        for (Count count : Count.ALL) {
            if (knows(count)) {
                usage.set(count, values[count.index()]);
            }
        }
        return usage.build();
    }
}
