package io.llmproxy.proxy.exchange;

import org.jspecify.annotations.Nullable;

/** What a tracing system has of an exchange. */
public interface Trace {
    /**
     * A request to an upstream is made.
     *
     * @param upstream its name
     * @return the {@code traceparent} that it is to carry; null for none
     */
    @Nullable String attempting(String upstream);

    /** Whether it takes the place of the trace that the client has sent; else what the client has sent passes. */
    boolean replacesClients();

    /** The {@code tracestate} that goes with it; null for none. */
    @Nullable String state();
}
