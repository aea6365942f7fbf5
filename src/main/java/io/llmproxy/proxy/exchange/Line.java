package io.llmproxy.proxy.exchange;

import java.util.Locale;

/** What a request waits in line for. */
public enum Line {
    /** Its forward, which serves as many requests as it may. */
    FORWARD,
    /** An upstream that serves as many requests as it may. */
    UPSTREAM;

    /** As metrics call it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
