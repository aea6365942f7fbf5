package io.llmproxy.boot;

/** What a node tells other nodes of itself besides its configuration, and what they may tell it. */
interface NodePresence {
    /** Returns the phase that it is in, in lower case. */
    String state();

    /** Counts the requests that have not ended. */
    int inFlight();

    /** An operator of some node wants it to be drained, or not any more. */
    void drain(boolean on);
}
