package io.llmproxy.config;

/** How it is found out what an upstream's answers take. */
public enum UsageMode {
    /** {@link #ASK} for providers whose documents have the option, else {@link #READ}. */
    AUTO,
    /** Answers are read, and a chat's stream is asked for usage, which the client sees only if it has asked itself. */
    ASK,
    /** Answers are read as they come. */
    READ,
    /** Answers are not read. */
    OFF
}
