package io.llmproxy.protocol;

/** What endpoints of several APIs do alike, each in its own words. */
public enum Operation {
    /** Answers a conversation. */
    CHAT,
    /** Goes on with a text. */
    COMPLETION,
    /** Counts the tokens of a request. */
    COUNT,
    /** Turns texts into vectors. */
    EMBEDDING,
    /** Something that requests are not converted for. */
    OTHER
}
