package io.llmproxy.proxy.exchange;

import org.jspecify.annotations.Nullable;

/** What a tracing system has of an exchange. */
public interface Trace {
    /** By which the tracing system finds it: 32 hexadecimal digits; null if it keeps none of it. */
    @Nullable String id();

    /** Whether all of it is kept, and not only what fails. */
    boolean isSampled();

    /**
     * A request to an upstream is made.
     *
     * @param upstream its name
     * @return the {@code traceparent} that it is to carry; null for none
     */
    @Nullable String attempting(String upstream);

    /**
     * The request that was made first of those to an upstream has come to nothing, as its connection was dead; another took its place.
     *
     * @param upstream its name
     */
    void discarded(String upstream);

    /** Whether it takes the place of the trace that the client has sent; else what the client has sent passes. */
    boolean replacesClients();

    /** The {@code tracestate} that goes with it; null for none. */
    @Nullable String state();
}
