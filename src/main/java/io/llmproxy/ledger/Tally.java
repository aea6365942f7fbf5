package io.llmproxy.ledger;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts what becomes of records. Any thread may count and read. */
final class Tally {
    final LongAdder written = new LongAdder();
    final LongAdder folded = new LongAdder();
    final LongAdder lost = new LongAdder();
    final LongAdder orphans = new LongAdder();
    final LongAdder missing = new LongAdder();
    final LongAdder writeErrors = new LongAdder();
    final LongAdder writes = new LongAdder();
    final LongAdder writeNanos = new LongAdder();
    final AtomicLong syncedAt = new AtomicLong();

    /** The file that is written to. */
    private volatile @Nullable String file;

    private volatile long bytes;
    private volatile @Nullable String error;

    void at(@Nullable String current, long length) {
        file = current;
        bytes = length;
    }

    void failing(@Nullable String why) {
        error = why;
    }

    LedgerStatus status(long queue) {
        return new LedgerStatus(
                file,
                bytes,
                written.sum(),
                folded.sum(),
                lost.sum(),
                orphans.sum(),
                missing.sum(),
                queue,
                writeErrors.sum(),
                writes.sum(),
                writeNanos.sum(),
                syncedAt.get(),
                error);
    }
}
