package io.llmproxy.store;

/** Another change came first: the head is not where the caller believed it to be. Nothing was changed. */
public final class HeadMovedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final long expected;
    private final long actual;

    /**
     * @param expected where the caller believed the head to be
     * @param actual where it is
     */
    public HeadMovedException(long expected, long actual) {
        super("the store is at v" + actual + " (expected: v" + expected + ")");
        this.expected = expected;
        this.actual = actual;
    }

    /** Where the caller believed the head to be. */
    public long expected() {
        return expected;
    }

    /** Where it is. */
    public long actual() {
        return actual;
    }
}
