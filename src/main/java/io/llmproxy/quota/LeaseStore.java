package io.llmproxy.quota;

/** The store that holds what is left of limits for all nodes, as far as limits know it. No call waits for it. */
public interface LeaseStore {
    /** Returns whether it answers. */
    boolean isThere();

    /** Returns how many nodes it last knew of, this one included; 0 if it has never said. */
    int nodes();

    /**
     * Returns whether operators say how many nodes there are. Then each takes its part also of what it has heard nothing of: that it begins
     * when the store is away is their word, too.
     */
    boolean nodesAreGiven();

    /** Returns how far its clock is before ours, in milliseconds. */
    long offset();

    /** Asks for the limit's next call to be made soon, and for more of them until it is idle. */
    void wake(Leased limit);
}
