package io.llmproxy.management;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What operators can do while the gateway runs. What they change is a layer over the configuration, and gone with the process. {@code by}
 * is who does it, for the log.
 */
public interface Operations {
    /** Who does what comes through beans. */
    String JMX = "JMX";

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

    /**
     * Tells load balancers whether to send requests to this node.
     *
     * @throws IllegalStateException if that is so already, or the process does not serve yet, or stops
     */
    void drain(boolean on, String by);

    /** Who has told them to send none; nothing if they were not told, or by an operator of another node. */
    Optional<NodeDrain> drained();

    /** What an operator has said of an upstream; nothing if that is for the configuration to say. */
    Optional<UpstreamOverride> said(String upstream);

    /** Whether an operator has given a member of a group another weight. */
    boolean isWeighed(String group, String upstream);

    /**
     * Sends requests to an upstream, or does not, whatever the configuration says.
     *
     * @param said what is said; its {@code since} is of no importance
     */
    void say(String upstream, UpstreamOverride said);

    /** Leaves it to the configuration again whether requests are sent to an upstream. */
    void unsay(String upstream, String by);

    /** Closes the breaker of an upstream. */
    void resetBreaker(String upstream, String by);

    /** Gives a member of a group another weight. */
    void weigh(String group, String upstream, int weight, String by);

    /** Gives a member of a group the weight of the configuration again. */
    void unweigh(String group, String upstream, String by);

    /** Logs with another level for some minutes. */
    void logLevel(String logger, String level, int minutes);

    /** Does everything as the configuration says again. */
    void clearOverrides();
}
