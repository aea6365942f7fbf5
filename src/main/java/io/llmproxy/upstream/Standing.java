package io.llmproxy.upstream;

/** Whether an upstream is asked at the moment, and if not, why. */
public enum Standing {
    /** It is asked. */
    SERVING("serving"),
    /** It is asked, and has as many requests as it may have. */
    FULL("full"),
    /** The configuration says so. */
    DISABLED("disabled"),
    /** Health checks have found it unwell. */
    UNHEALTHY("unhealthy"),
    /** Its breaker is open. */
    BREAKER_OPEN("breaker_open"),
    /** It, or each of its keys, was asked too much. */
    COOLING_DOWN("cooling_down"),
    /** It accepts none of its keys. */
    KEYS_REFUSED("keys_refused");

    private final String label;

    Standing(String label) {
        this.label = label;
    }

    /** What it is called outside. */
    public String label() {
        return label;
    }

    /** Whether requests are sent to it, now or when their turn comes. */
    public boolean isUp() {
        return this == SERVING || this == FULL;
    }
}
