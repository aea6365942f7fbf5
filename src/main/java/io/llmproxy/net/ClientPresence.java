package io.llmproxy.net;

/**
 * Looks at the connection of a client that waits for an answer. A server that can do so puts one into the attributes of each
 * request; where there is none, a client's leaving shows when it is written to.
 */
public interface ClientPresence {
    /** Name of the request attribute that holds it. */
    String ATTRIBUTE = ClientPresence.class.getName();

    /**
     * Whether the client is known to have left. To be asked again and again while it waits, and only before anything of the
     * answer was written; not being asked any more ends the looking.
     *
     * @param now the time in nanoseconds
     */
    boolean isGone(long now);

    /**
     * Whether the client has ended what it sends: it has left, or has nothing more to say. To be asked again and again while
     * its answer is silent; not being asked any more ends the looking.
     *
     * @param now the time in nanoseconds
     */
    boolean hasEnded(long now);
}
