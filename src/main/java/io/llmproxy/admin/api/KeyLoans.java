package io.llmproxy.admin.api;

import java.util.Optional;

/** Lets a request of a playground be that of a client, without the client's key. */
public interface KeyLoans {
    /** What the request has to show; good until it is closed. */
    interface Loan extends AutoCloseable {
        /** Shown as a bearer token. */
        String shown();

        @Override
        void close();
    }

    /**
     * Lends a key.
     *
     * @param forward name of the forward that the request goes to
     * @param key name of the key, or id of an issued one
     * @return nothing if the forward knows no such key
     */
    Optional<Loan> lend(String forward, String key);
}
