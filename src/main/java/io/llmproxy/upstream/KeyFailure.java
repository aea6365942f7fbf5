package io.llmproxy.upstream;

import java.util.Locale;

/** Why a request could not be made with a key. */
public enum KeyFailure {
    /** The upstream does not know it: 401. */
    UNAUTHORIZED,
    /** It may not do what was asked for: 403. */
    FORBIDDEN,
    /** It has used up what it may do: 429. */
    RATE_LIMITED,
    /** What it is exchanged for could not be fetched. */
    NO_TOKEN;

    /** Its name in metrics and logs. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
