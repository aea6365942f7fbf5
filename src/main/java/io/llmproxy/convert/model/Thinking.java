package io.llmproxy.convert.model;

import org.jspecify.annotations.Nullable;

/**
 * How much the model is to think.
 *
 * @param level null if not said
 * @param budget in tokens; -1 leaves it to the model; null if not said
 * @param show whether what it thought is to be told; null if not said
 */
public record Thinking(
        @Nullable Level level,
        @Nullable Long budget,
        @Nullable Boolean show) {
    /** From nothing to all that the model can. */
    public enum Level {
        /** Not at all. */
        NONE,
        /** As little as can be. */
        MINIMAL,
        /** Little. */
        LOW,
        /** As usual. */
        MEDIUM,
        /** Much. */
        HIGH,
        /** More. */
        XHIGH,
        /** All. */
        MAX
    }

    /** Returns whether nothing was said. */
    public boolean isUnsaid() {
        return level == null && budget == null;
    }

    /** Returns whether the model is not to think. */
    public boolean isOff() {
        return level == Level.NONE || (level == null && budget != null && budget == 0);
    }
}
