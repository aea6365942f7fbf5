package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.ledger.UsedAttempt;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UsageTableTest {
    private static UsedAttempt used(String at, String key, Map<String, BigDecimal> costs) {
        return new UsedAttempt(
                Instant.parse(at), "f", key, "m", "u", 1, 0, 10, 2, 5, 1, costs, costs.isEmpty() ? 1 : 0);
    }

    private static UsageTable table(String step) {
        UsageTable table = new UsageTable("key", step, used -> true);
        table.add(used("2026-11-28T10:15:00Z", "a", Map.of("USD", new BigDecimal("0.0000015"))));
        table.add(used("2026-11-28T10:45:00Z", "a", Map.of("USD", new BigDecimal("0.5"), "EUR", new BigDecimal("2"))));
        table.add(used("2026-11-29T00:00:00Z", "=SUM(A1)", Map.of()));
        return table;
    }

    @Test
    void rowsAreAddedUpByNameAndTime() {
        assertThat(table("day").rows())
                .extracting(
                        row -> row.name() + " " + row.at() + " " + row.used().attempts())
                .containsExactly("=SUM(A1) 2026-11-29T00:00:00Z 1", "a 2026-11-28T00:00:00Z 2");
        assertThat(table("hour").rows()).extracting(UsageTable.Row::at).contains("2026-11-28T10:00:00Z");
        assertThat(table("all").rows()).extracting(UsageTable.Row::at).containsOnlyNulls();
    }

    @Test
    void moneyIsExactAndAlsoInMicros() {
        assertThat(table("all").total().cost())
                .containsExactly(new Amount(2_000_000, "2", "EUR"), new Amount(500_002, "0.5000015", "USD"));
        assertThat(table("all").total().unpriced()).isEqualTo(1);
        assertThat(Amount.of(BigDecimal.ZERO, "USD")).isEqualTo(new Amount(0, "0", "USD"));
    }

    @Test
    void aSpreadsheetComputesNoName() {
        assertThat(UsageCsv.of(table("day").rows()).split("\r\n", -1))
                .contains(
                        "\"'=SUM(A1)\",2026-11-29T00:00:00Z,1,0,10,2,5,1,,,1",
                        "a,2026-11-28T00:00:00Z,2,0,20,4,10,2,2,EUR,0",
                        "a,2026-11-28T00:00:00Z,,,,,,,0.5000015,USD,");
    }

    @Test
    void thereAreNotMoreRowsThanCanBeTold() {
        UsageTable table = new UsageTable("key", "all", used -> true);
        for (int i = 0; i <= 10_000; i++) {
            table.add(used("2026-11-28T10:15:00Z", "k" + i, Map.of()));
        }

        assertThat(table.isTruncated()).isTrue();
        assertThat(table.rows()).hasSize(10_000);
        assertThat(table.total().attempts()).isEqualTo(10_001);
    }
}
