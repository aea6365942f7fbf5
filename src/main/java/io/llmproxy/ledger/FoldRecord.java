package io.llmproxy.ledger;

/**
 * Records that could not be written singly, as one sum.
 *
 * @param at when they were taken together, in milliseconds since 1970
 * @param from when the first of them came at the earliest
 * @param key what they have in common
 * @param sums what they come to
 */
record FoldRecord(long at, long from, FoldKey key, FoldSums sums) implements LedgerRecord {
    @Override
    public String type() {
        return "fold";
    }

    @Override
    public long stands() {
        return sums.records();
    }

    @Override
    public void write(LedgerLine line) {
        key.write(line);
        line.time("from", from);
        sums.write(line);
    }
}
