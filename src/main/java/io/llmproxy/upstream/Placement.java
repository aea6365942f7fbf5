package io.llmproxy.upstream;

import java.util.Locale;

/** Where a request went that is to meet the caches of an upstream. */
public enum Placement {
    /** To the upstream that it belongs to. */
    HOME,
    /** To another one, because its own had too many requests in flight. */
    SPILLED,
    /** To another one, because its own could not be asked. */
    AWAY,
    /** It has nothing in common with other requests, so that it belongs to no upstream. */
    UNBOUND;

    /** Its name in metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
