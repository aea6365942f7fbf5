package io.llmproxy.breaker;

import io.smallrye.faulttolerance.standalone.StandaloneFaultTolerance;

/** The threads that move breakers from open to half open. They start when the first outcome is told. */
public final class BreakerThreads {
    private BreakerThreads() {}

    /**
     * Ends the threads, so that the application's class loader can be forgotten. They cannot be started again in the same
     * class loader; breakers still work, but a {@link CircuitBreaker#state} is half open only when a probe has come back.
     */
    public static void stop() {
        try {
            StandaloneFaultTolerance.shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
