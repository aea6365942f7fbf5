package io.llmproxy.boot;

import io.llmproxy.ledger.LedgerFiles;
import java.util.Optional;

/** What a node tells other nodes of itself besides its configuration, and what they may tell it. */
interface NodePresence {
    /** Returns the phase that it is in, in lower case. */
    String state();

    /** Counts the requests that have not ended. */
    int inFlight();

    /** Returns where its ledger is; nothing if it keeps none. */
    Optional<LedgerFiles> ledger();

    /** An operator of some node wants it to be drained, or not any more. */
    void drain(boolean on);
}
