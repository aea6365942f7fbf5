package io.llmproxy.auth;

/** Why a client is not let in. */
public enum AuthFailure {
    /** It shows no key. */
    MISSING,
    /** It shows several keys that differ. */
    CONFLICTING,
    /** Its key is unknown. */
    UNKNOWN,
    /** Its key is switched off. */
    DISABLED,
    /** Its key belongs to a scope that the configuration does not have. */
    NO_SCOPE,
    /** The time of its key is over. */
    EXPIRED,
    /** Its key opens other forwards or upstreams. */
    ELSEWHERE,
    /** Its key is unknown, but may be a new one: the store of keys has not answered for too long. */
    UNVERIFIED;

    /** Whether it may go on to what is open to everybody. */
    public boolean isStranger() {
        return this == MISSING || this == UNKNOWN || this == UNVERIFIED;
    }
}
