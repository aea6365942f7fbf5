package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.ledger.LedgerStatus;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of the ledger. */
final class LedgerMetricsTest {
    private static final long NOW = 1_000_000;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private Optional<LedgerStatus> status = Optional.empty();

    LedgerMetricsTest() {
        LedgerMetrics.register(registry, () -> status, () -> NOW);
    }

    private static Optional<LedgerStatus> status(long syncedAt, @Nullable String error) {
        return Optional.of(new LedgerStatus("a.jsonl", 4096, 10, 2, 3, 4, 5, 6, 7, 8, 1_500_000_000L, syncedAt, error));
    }

    private String scraped() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void withoutALedgerNothingIsToldOfIt() {
        assertThat(scraped().lines().filter(line -> !line.startsWith("#"))).isEmpty();
    }

    @Test
    void recordsAreToldByWhatBecameOfThem() {
        status = status(0, null);

        assertThat(scraped())
                .contains("llmproxy_ledger_records_total{result=\"written\"} 10.0\n")
                .contains("llmproxy_ledger_records_total{result=\"folded\"} 2.0\n")
                .contains("llmproxy_ledger_records_total{result=\"lost\"} 3.0\n")
                .contains("llmproxy_ledger_records_total{result=\"orphan\"} 4.0\n")
                .contains("llmproxy_ledger_records_total{result=\"missing\"} 5.0\n");
    }

    @Test
    void writesAreToldWithTheirTimeAndWhatWaits() {
        status = status(0, null);

        assertThat(scraped())
                .contains("llmproxy_ledger_writes_total 8.0\n")
                .contains("llmproxy_ledger_write_seconds_total 1.5\n")
                .contains("llmproxy_ledger_write_errors_total 7.0\n")
                .contains("llmproxy_ledger_queue 6.0\n")
                .contains("llmproxy_ledger_file_bytes 4096.0\n");
    }

    @Test
    void aLedgerThatCannotBeWrittenIsDegradedUntilItCan() {
        status = status(0, "No space left on device");
        assertThat(scraped()).contains("llmproxy_ledger_degraded 1.0\n").doesNotContain("No space left");

        status = status(0, null);

        assertThat(scraped()).contains("llmproxy_ledger_degraded 0.0\n");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0", "997500, 2.5", "1000000, 0.0", "1000001, 0.0"})
    void theAgeOfTheLastSyncIsNeverNegative(long syncedAt, String seconds) {
        status = status(syncedAt, null);

        assertThat(scraped()).contains("llmproxy_ledger_sync_age_seconds " + seconds + "\n");
    }
}
