package io.llmproxy.ledger;

import org.jspecify.annotations.Nullable;

/**
 * A process ended without closing its ledger, and what that has cost. It is written by the next one.
 *
 * @param at when it was found, in milliseconds since 1970
 * @param of the run of the process that ended
 * @param file its last file; null if there is none
 * @param whole how many bytes of that file are whole lines
 * @param torn how many bytes follow
 * @param missing how many records were taken from callers and did not reach the disk
 * @param open how many attempts had been begun and not settled
 * @param alive when the process was last seen alive, in milliseconds since 1970
 */
record GapRecord(long at, String of, @Nullable String file, long whole, long torn, long missing, long open, long alive)
        implements LedgerRecord {
    @Override
    public String type() {
        return "gap";
    }

    @Override
    public long stands() {
        return 0;
    }

    @Override
    public void write(LedgerLine line) {
        line.text("of", of).text("file", file).number("whole_bytes", whole).number("torn_bytes", torn);
        line.number("missing", missing).number("open", open).time("alive", alive);
    }
}
