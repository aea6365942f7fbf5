package io.llmproxy.management;

import java.time.Instant;
import java.util.List;

/** What operators can do while the gateway runs. What they change is a layer over the configuration, and gone with the process. */
public interface Operations {
    /** What operators have changed, each in one line. */
    List<String> overrides();

    /** When the configuration in use began to be served. */
    Instant configuredAt();

    /** Number of the configuration in use. */
    long configVersion();

    /**
     * Loads the configuration again.
     *
     * @return what to look at although it was loaded
     * @throws IllegalArgumentException if it was not
     */
    List<String> reload();

    /** Tells load balancers whether to send requests. */
    void drain(boolean on);

    /** Sends requests to an upstream, or does not, whatever the configuration says. */
    void enable(String upstream, boolean on);

    /** Closes the breaker of an upstream. */
    void resetBreaker(String upstream);

    /** Gives a member of a group another weight. */
    void weigh(String group, String upstream, int weight);

    /** Logs with another level for some minutes. */
    void logLevel(String logger, String level, int minutes);

    /** Does everything as the configuration says again. */
    void clearOverrides();
}
