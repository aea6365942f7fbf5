package io.llmproxy.usage;

import java.util.Locale;

/** What is odd about the counts that an upstream reports. They are counted and recorded as they are, where that is possible. */
public enum UsageAnomaly {
    /** A count is less than zero; it is taken as unknown. */
    NEGATIVE,
    /** A count is no whole number, or no number; it is taken as unknown. */
    NOT_A_COUNT,
    /** A count is larger than any answer's can be; it is taken as unknown. */
    TOO_LARGE,
    /** A part is larger than its whole. */
    PART_EXCEEDS_WHOLE,
    /** The counts do not add up to the total that is reported with them. */
    TOTAL_DIFFERS;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** Its name in records and metrics. */
    public String label() {
        return label;
    }
}
