package io.llmproxy.metrics;

import io.llmproxy.ledger.LedgerStatus;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Tells how the ledger does. Without a ledger there is nothing to tell. */
public final class LedgerMetrics {
    private static final double MILLIS = 1000;

    private final PrometheusRegistry registry;
    private final Supplier<Optional<LedgerStatus>> status;

    private LedgerMetrics(PrometheusRegistry registry, Supplier<Optional<LedgerStatus>> status) {
        this.registry = registry;
        this.status = status;
    }

    /**
     * Registers the metrics.
     *
     * @param registry where
     * @param status how the ledger does; nothing if there is none
     * @param clock the time in milliseconds since 1970
     */
    public static void register(
            PrometheusRegistry registry, Supplier<Optional<LedgerStatus>> status, LongSupplier clock) {
        LedgerMetrics metrics = new LedgerMetrics(registry, status);
        metrics.records();
        metrics.counter("llmproxy_ledger_writes_total", "Writes to the ledger's files.", LedgerStatus::writes);
        metrics.counter(
                "llmproxy_ledger_write_seconds_total",
                "Time that writes to the ledger's files took.",
                now -> Unit.nanosToSeconds(now.writeNanos()));
        metrics.counter(
                "llmproxy_ledger_write_errors_total",
                "Failed attempts to write to the ledger.",
                LedgerStatus::writeErrors);
        metrics.gauge("llmproxy_ledger_queue", "Records that wait to be written.", LedgerStatus::queue);
        metrics.gauge("llmproxy_ledger_file_bytes", "Size of the file that is written to.", LedgerStatus::bytes);
        metrics.gauge(
                "llmproxy_ledger_degraded",
                "1 while the ledger cannot be written, 0 while it can.",
                now -> now.error() == null ? 0 : 1);
        metrics.gauge(
                "llmproxy_ledger_sync_age_seconds",
                "Time since the last sync to disk; 0 if nothing was written.",
                now -> now.syncedAt() == 0 ? 0 : Math.max(0, clock.getAsLong() - now.syncedAt()) / MILLIS);
    }

    private void records() {
        CounterWithCallback.builder()
                .name("llmproxy_ledger_records_total")
                .help("Ledger records by outcome.")
                .labelNames("result")
                .callback(counter -> status.get().ifPresent(now -> {
                    counter.call((double) now.written(), "written");
                    counter.call((double) now.folded(), "folded");
                    counter.call((double) now.lost(), "lost");
                    counter.call((double) now.orphans(), "orphan");
                    counter.call((double) now.missing(), "missing");
                }))
                .register(registry);
    }

    private void counter(String name, String help, ToDoubleFunction<LedgerStatus> value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(counter -> status.get().ifPresent(now -> counter.call(value.applyAsDouble(now))))
                .register(registry);
    }

    private void gauge(String name, String help, ToDoubleFunction<LedgerStatus> value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(gauge -> status.get().ifPresent(now -> gauge.call(value.applyAsDouble(now))))
                .register(registry);
    }
}
