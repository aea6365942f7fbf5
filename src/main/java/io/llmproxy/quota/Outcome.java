package io.llmproxy.quota;

/** What comes of asking whether a request may be served. */
public sealed interface Outcome permits Reservation, Exhausted, Unavailable, Unmeasured, Pending {}
