package io.llmproxy.management;

import io.llmproxy.ledger.LedgerStatus;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

final class LedgerBean implements LedgerMXBean {
    private final Supplier<Optional<LedgerStatus>> status;

    LedgerBean(Supplier<Optional<LedgerStatus>> status) {
        this.status = status;
    }

    private long number(ToLongFunction<LedgerStatus> figure) {
        return status.get().map(figure::applyAsLong).orElse(0L);
    }

    @Override
    public String getFile() {
        return status.get()
                .map(now -> Objects.requireNonNullElse(now.file(), ""))
                .orElse("");
    }

    @Override
    public long getBytes() {
        return number(LedgerStatus::bytes);
    }

    @Override
    public long getQueue() {
        return number(LedgerStatus::queue);
    }

    @Override
    public long getWritten() {
        return number(LedgerStatus::written);
    }

    @Override
    public long getFolded() {
        return number(LedgerStatus::folded);
    }

    @Override
    public long getLost() {
        return number(LedgerStatus::lost);
    }

    @Override
    public String getLastSync() {
        long synced = number(LedgerStatus::syncedAt);
        return synced == 0 ? "" : Instant.ofEpochMilli(synced).toString();
    }

    @Override
    public String getError() {
        return status.get()
                .map(now -> Objects.requireNonNullElse(now.error(), ""))
                .orElse("");
    }
}
