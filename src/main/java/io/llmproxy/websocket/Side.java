package io.llmproxy.websocket;

/** One of the two that a session connects. */
public enum Side {
    /** Has asked for the session. */
    CLIENT,
    /** Has been asked. */
    UPSTREAM
}
