package io.llmproxy.usage;

import java.util.Locale;

/** Why an upstream's counts are missing, or are not final. */
public enum UsageMissing {
    /** The client left before the upstream told them. */
    CLIENT_GONE,
    /** The attempt was cancelled because another one of the same request had content first. */
    HEDGE_LOST,
    /** The answer broke off. */
    CUT,
    /** The answer is whole, and tells none. */
    NOT_OFFERED,
    /** The answer is compressed in a way that is not read. */
    COMPRESSED,
    /** The answer is not what its API says that it is. */
    UNREADABLE,
    /** This process died while the answer was on its way. */
    KILLED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** Its name in records and metrics. */
    public String label() {
        return label;
    }
}
