package io.llmproxy.convert.model;

import org.jspecify.annotations.Nullable;

/**
 * Why a model stopped.
 *
 * @param detail the stop string that it met, the category that was filtered, or why it refuses; null if not told
 */
public record Stop(Reason reason, @Nullable String detail) {
    /** The reasons. */
    public enum Reason {
        /** It was done. */
        END,
        /** It met a stop string. */
        STOP_SEQUENCE,
        /** It was allowed no more tokens. */
        MAX_TOKENS,
        /** Its context is full. */
        CONTEXT_FULL,
        /** It asks for tools. */
        TOOL_CALLS,
        /** It is to be asked to go on. */
        PAUSED,
        /** It refuses. */
        REFUSED,
        /** The provider keeps it back. */
        FILTERED,
        /** It made a call that is none. */
        BAD_TOOL_CALL,
        /** Not told, or by a word that is not known. */
        UNKNOWN
    }

    /** Makes a stop without detail. */
    public Stop(Reason reason) {
        this(reason, null);
    }

    /** Returns this stop, or the one for tools if some were asked for and nothing else is known to have happened. */
    public Stop after(boolean calls) {
        return calls && (reason == Reason.END || reason == Reason.UNKNOWN) ? new Stop(Reason.TOOL_CALLS) : this;
    }

    /** Returns this stop, or the one for a refusal if the model refused in words and said no other reason. */
    public Stop afterRefusal(boolean refused) {
        return refused && (reason == Reason.END || reason == Reason.UNKNOWN) ? new Stop(Reason.REFUSED) : this;
    }

    /** Returns why the model refuses; null if it does not, or does not say why. */
    public @Nullable String refusal() {
        return reason == Reason.REFUSED && detail != null && !detail.isBlank() ? detail : null;
    }

    /** Returns whether the model was cut off. */
    public boolean isCut() {
        return reason == Reason.MAX_TOKENS || reason == Reason.CONTEXT_FULL || reason == Reason.FILTERED;
    }
}
