package io.llmproxy.health;

/** How many checks in a row ended alike, and whether that is enough to believe them. Not safe for use by several threads. */
final class Streak {
    private final int enoughFailures;
    private final int enoughSuccesses;
    private boolean last;
    private int length;

    /**
     * @param enoughFailures failures in a row that show that an upstream is not well
     * @param enoughSuccesses successes in a row that show that it is
     */
    Streak(int enoughFailures, int enoughSuccesses) {
        this.enoughFailures = enoughFailures;
        this.enoughSuccesses = enoughSuccesses;
    }

    /** Counts a check; true if so many have ended like it that it is to be believed. */
    boolean convinces(boolean success) {
        length = success == last ? length + 1 : 1;
        last = success;
        return length >= (success ? enoughSuccesses : enoughFailures);
    }

    /** How many checks in a row ended like the last one. */
    int length() {
        return length;
    }
}
