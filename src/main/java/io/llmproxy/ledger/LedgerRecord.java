package io.llmproxy.ledger;

import org.jspecify.annotations.Nullable;

/** What becomes one line of the ledger. It is immutable, and says what it holds without blocking. */
sealed interface LedgerRecord
        permits AttemptRecord, ExchangeRecord, AdjustRecord, RepriceRecord, FoldRecord, GapRecord, OrphanRecord {
    /** What kind of line it is. */
    String type();

    /** When it happened, in milliseconds since 1970. */
    long at();

    /** How many records of callers the line stands for. */
    default long stands() {
        return 1;
    }

    /** Writes its own members. */
    void write(LedgerLine line);

    /** With which others it can be counted where it cannot be written singly; null if it cannot be counted so. */
    default @Nullable FoldKey foldKey() {
        return null;
    }

    /** Adds what it holds to a sum. */
    default void addTo(FoldSums sums) {}
}
