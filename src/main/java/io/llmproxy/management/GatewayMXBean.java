package io.llmproxy.management;

import java.util.List;

/** The gateway as a whole. */
public interface GatewayMXBean {
    /** Its version. */
    String getVersion();

    /** {@code starting}, {@code waiting} (for a configuration out of a store), {@code ready} or {@code draining}. */
    String getState();

    /** Number of the configuration in use, counted from the start of the process. */
    long getConfigVersion();

    /** When the configuration in use was loaded, or was last changed by an operation, such as {@code 2026-01-31T23:59:59Z}. */
    String getConfigLoadedAt();

    /** Requests that have not ended. */
    int getOpenExchanges();

    /** Requests that have ended, since the start. */
    long getRequests();

    /** Those of them that ended with an error. */
    long getErrors();

    /** What operations have changed for the time being, each with the moment at which that was done. */
    List<String> getOverrides();

    /**
     * Loads the configuration again.
     *
     * @return what to look at although it was loaded
     * @throws IllegalArgumentException if it was not, with each problem on a line
     */
    List<String> reload();

    /** Tells load balancers to send no more requests; those that come are served. */
    void drain();

    /** Tells load balancers to send requests again. */
    void cancelDrain();

    /**
     * Logs more or less for some time.
     *
     * @param logger its name, such as {@code io.llmproxy}; empty for all
     * @param level {@code error}, {@code warn}, {@code info}, {@code debug} or {@code trace}
     * @param minutes how long, from 1 to 1440
     */
    void setLogLevel(String logger, String level, int minutes);

    /** Does everything as the configuration says again. */
    void clearOverrides();
}
