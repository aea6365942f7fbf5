package io.llmproxy.breaker;

import io.llmproxy.config.BreakerConfig;
import io.smallrye.faulttolerance.standalone.StandaloneFaultTolerance;
import java.time.Duration;
import java.util.Objects;

/** The threads that move breakers from open to half open. */
public final class BreakerThreads {
    private BreakerThreads() {}

    /**
     * Starts the threads. Else the first outcome that is told would do so: it takes some tenths of a second, and the threads
     * get the context class loader of the thread that starts them.
     */
    public static void start() {
        CircuitBreaker breaker = CircuitBreaker.of(new BreakerConfig(1, Duration.ofSeconds(1), 1), (from, to) -> {});
        Objects.requireNonNull(breaker.tryAcquire(0), "closed").succeeded(0);
    }

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
