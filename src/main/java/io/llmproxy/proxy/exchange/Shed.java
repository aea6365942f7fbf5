package io.llmproxy.proxy.exchange;

/** Why a request was turned away though nothing is wrong with it. */
public enum Shed {
    /** Too many others wait for their turn. */
    QUEUE_FULL,
    /** Its turn did not come in time. */
    QUEUE_TIMEOUT,
    /** There is no more room for its body, or for an answer that is converted. */
    BUFFERS_FULL,
    /** The process may open no more sockets. */
    NO_DESCRIPTORS,
    /** The process has more to do than it can, and came to it too late. */
    LOOPS_BUSY
}
