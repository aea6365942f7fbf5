package io.llmproxy.quota;

/** What comes of asking for an amount. */
enum Take {
    /** It is taken. */
    TAKEN,
    /** There is not as much. */
    SHORT,
    /** This node does not know: the store is to be asked. */
    ASK,
    /** The store that knows is away, and nothing is given without it. */
    CLOSED
}
