package io.llmproxy.usage;

import java.util.Locale;

/** Where the counts of an answer come from. */
public enum UsageSource {
    /** The upstream told all of them, and they are final. */
    REPORTED,
    /** The upstream told some of them, or what it had counted until the answer was cut. */
    PARTIAL,
    /** The upstream told none: they are estimated. */
    ESTIMATED,
    /** There are none, as nothing was asked for that could cost anything, or nothing is known of it. */
    NONE;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** Its name in records and metrics. */
    public String label() {
        return label;
    }
}
