package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LedgerNameTest {
    private static final String BOOT = "0123456789abcdef";

    @Test
    void aNameIsReadAsItWasWritten() {
        LedgerName name = LedgerName.of("node-7.eu", BOOT, LedgerFixtures.NOON, 12);

        assertThat(name.toString()).isEqualTo("node-7.eu-0123456789abcdef-20261128T120000Z-12.jsonl");
        assertThat(LedgerName.of(Path.of("x", name.toString()))).contains(name);
        assertThat(LedgerName.of(Path.of(name + ".gz")).orElseThrow().toString())
                .isEqualTo(name + ".gz");
        assertThat(LedgerName.of(Path.of("ledger.lock"))).isEmpty();
    }

    @Test
    void everyNodeHasANameThatAFileCanHave() {
        assertThat(LedgerName.fit("a/b c")).isEqualTo("a_b_c");
        assertThat(LedgerName.fit("")).isEqualTo("node");
        assertThat(LedgerName.fit("x".repeat(100))).hasSize(64);
    }

    @Test
    void onlyNumbersOfTheSameRunAreNumbers() {
        assertThat(LedgerId.sequence(BOOT, BOOT + "-17")).isEqualTo(17);
        for (String other : new String[] {
            "", BOOT, BOOT + "-", BOOT + "-x1", BOOT + "-1/", BOOT + "-1234567890123456789", "fedcba9876543210-1"
        }) {
            assertThat(LedgerId.sequence(BOOT, other)).as(other).isNegative();
        }
    }
}
