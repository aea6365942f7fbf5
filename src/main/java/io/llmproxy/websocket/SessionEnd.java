package io.llmproxy.websocket;

import org.jspecify.annotations.Nullable;

/**
 * How a session ended.
 *
 * @param by the side that closed it, was cut off or broke the rules; null if it was neither
 * @param cause how it came about
 * @param code the status code of the close: as that side sent it, or as it was sent; 1005 for none, 1006 if it was cut off
 */
public record SessionEnd(@Nullable Side by, Cause cause, int code) {
    /** How an end comes about. */
    public enum Cause {
        /** A side has closed the session. */
        CLOSED,
        /** The connection of a side has broken. */
        CUT,
        /** A side has sent what it must not. */
        VIOLATION,
        /** A side has taken nothing for too long. */
        SLOW,
        /** Neither side has sent anything for too long. */
        IDLE,
        /** It was told to end. */
        STOPPED
    }
}
