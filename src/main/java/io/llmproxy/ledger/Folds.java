package io.llmproxy.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The sums of what could not be written singly, until they are written. Any thread may add; the writer takes. */
final class Folds {
    private static final int MOST = 10_000;

    private final ConcurrentMap<FoldKey, FoldSums> sums = new ConcurrentHashMap<>();
    private final int most;

    Folds() {
        this(MOST);
    }

    Folds(int most) {
        this.most = most;
    }

    /** Adds a record, and returns whether it is one that can be counted. */
    boolean add(LedgerRecord record) {
        FoldKey own = record.foldKey();
        if (own == null) {
            return false;
        }
        FoldKey key = sums.size() < most || sums.containsKey(own) ? own : own.other();
        sums.compute(key, (same, before) -> {
            FoldSums now = before == null ? new FoldSums() : before;
            now.record(record);
            return now;
        });
        return true;
    }

    boolean isEmpty() {
        return sums.isEmpty();
    }

    /** Takes all that was added so far. What is added meanwhile is either in it, or stays for the next time. */
    List<FoldRecord> take(long from, long until) {
        List<FoldRecord> taken = new ArrayList<>();
        for (FoldKey key : sums.keySet()) {
            @Nullable FoldSums sum = sums.remove(key);
            if (sum != null) {
                taken.add(new FoldRecord(until, from, key, sum));
            }
        }
        return taken;
    }
}
