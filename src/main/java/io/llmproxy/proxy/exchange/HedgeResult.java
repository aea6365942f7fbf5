package io.llmproxy.proxy.exchange;

import java.util.Locale;

/** What came of a stream's being late where late streams are hedged. */
public enum HedgeResult {
    /** The second upstream had content first. */
    WON,
    /** The first upstream had content first. */
    LOST,
    /** The second upstream failed while the first was waited for. */
    FAILED,
    /** The client left, or the gateway ended the exchange, before either of them had content. */
    ABANDONED,
    /** No second upstream was asked: the retry budget of the group is used up. */
    OVER_BUDGET,
    /** No second upstream was asked: none that may serve the request is available and was not asked before. */
    NO_OTHER_UPSTREAM;

    /** Its name in metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
