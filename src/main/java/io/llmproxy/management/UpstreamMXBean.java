package io.llmproxy.management;

/** One upstream of the configuration in use. */
public interface UpstreamMXBean {
    /** Whether it is asked, and if not, why: {@code serving}, {@code full}, {@code disabled}, {@code unhealthy} and so on. */
    String getState();

    /** Whether health checks find it well; true without any. */
    boolean isHealthy();

    /** {@code closed}, {@code open} or {@code half_open}; {@code none} if it has no breaker. */
    String getBreaker();

    /** Requests that it is working on. */
    int getInFlight();

    /** Average time to the first byte of an answer, in milliseconds; 2000 before the first one. */
    double getFirstByteMillis();

    /** Requests that were sent to it, since the start. */
    long getRequests();

    /** Those of them that failed. */
    long getErrors();

    /** When it may be worth while to ask again, in seconds; 0 while it is asked. */
    long getRetryAfterSeconds();

    /** From now on no request is sent to it, until {@link #enable} or the next start; those in flight go on. */
    void disable();

    /** Requests are sent to it again, also if the configuration disables it. */
    void enable();

    /**
     * Disables it.
     *
     * @return how many requests are in flight there: call again until there are none
     */
    int drain();

    /** Closes its breaker. */
    void resetBreaker();
}
