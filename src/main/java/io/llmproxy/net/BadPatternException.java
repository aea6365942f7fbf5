package io.llmproxy.net;

import org.jspecify.annotations.Nullable;

/** A text is not a pattern. */
public final class BadPatternException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String expected;

    BadPatternException(String text, String expected, @Nullable Throwable cause) {
        super("path: " + text + " (expected: " + expected + ')', cause);
        this.expected = expected;
    }

    /** What was expected in its place. */
    public String expected() {
        return expected;
    }
}
