package io.llmproxy.protocol;

/** What endpoints of several APIs do alike, each in its own words. */
public enum Operation {
    /** Answers a conversation. */
    CHAT,
    /** Goes on with a text. */
    COMPLETION,
    /** Counts the tokens of a request. */
    COUNT,
    /** Turns a text into a vector, or several where the API has one endpoint for both. */
    EMBEDDING,
    /** Turns several texts into vectors, where the API has an endpoint of its own for that. */
    EMBEDDINGS,
    /** Something that requests are not converted for. */
    OTHER
}
