package io.llmproxy.ledger;

import org.jspecify.annotations.Nullable;

/**
 * How the ledger does: what metrics tell of it.
 *
 * @param file the file that is written to; null if there is none at the moment
 * @param bytes how many bytes it has
 * @param written records in files, each by itself, since the start
 * @param folded records that were counted in sums instead, as there was no room
 * @param lost records that are neither
 * @param orphans attempts that processes before this one left open
 * @param missing records that processes before this one took and did not write
 * @param queue records that wait
 * @param writeErrors failed attempts to write
 * @param writes successful ones
 * @param writeNanos how long they took together
 * @param syncedAt when what was written was last made to survive a loss of power, in milliseconds since 1970; 0 if never
 * @param error why nothing can be written at the moment; null if it can
 */
public record LedgerStatus(
        @Nullable String file,
        long bytes,
        long written,
        long folded,
        long lost,
        long orphans,
        long missing,
        long queue,
        long writeErrors,
        long writes,
        long writeNanos,
        long syncedAt,
        @Nullable String error) {}
