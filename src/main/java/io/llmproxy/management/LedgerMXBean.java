package io.llmproxy.management;

/** The ledger. Without one, its figures are 0. */
public interface LedgerMXBean {
    /** The file that is written to; empty if there is none. */
    String getFile();

    /** How many bytes it has. */
    long getBytes();

    /** Records that wait to be written. */
    long getQueue();

    /** Records that were written. */
    long getWritten();

    /** Records that were counted in sums, as there was no room. */
    long getFolded();

    /** Records that are neither. */
    long getLost();

    /** When what was written was last made to survive a loss of power, such as {@code 2026-01-31T23:59:59Z}; empty if never. */
    String getLastSync();

    /** Why nothing can be written at the moment; empty if it can. */
    String getError();
}
