package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators write about an attempt. */
final class CorrectionTest {
    private static final List<String> ONE = List.of("input_tokens=12");

    @Test
    void countsAndCostAreRead() {
        List<String> counts = List.of("input_tokens=12", "cache_read.input_tokens=0", "input_tokens=13");

        assertThat(Correction.read("a-1", "bill", counts, "0.000000000001 USD"))
                .isEqualTo(new Correction(
                        "a-1", "bill", Map.of(Count.INPUT, 13L, Count.CACHE_READ, 0L), new Money(1, "USD")));
        assertThat(Correction.read("a-1", "bill", ONE, null).cost()).isNull();
        assertThat(Correction.read("a-1", "bill", List.of(), "12 EUR").cost())
                .isEqualTo(new Money(12_000_000_000_000L, "EUR"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tokens=1",
                "input_tokens",
                "input_tokens=-1",
                "input_tokens=1.5",
                "input_tokens=99999999999",
                "=1"
            })
    void aCountThatIsNoneIsRefused(String count) {
        assertThatThrownBy(() -> Correction.read("a-1", "bill", List.of(count), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(count + " (expected: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.5", "USD", "-1 USD", "1e3 USD", "1.0000000000001 USD", "1 $", "12345678 USD"})
    void anAmountThatIsNoneIsRefused(String cost) {
        assertThatThrownBy(() -> Correction.read("a-1", "bill", ONE, cost))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(cost + " (expected: an amount and its currency");
    }

    @Test
    void aCorrectionOfNothingOrWithoutReasonIsRefused() {
        assertThatThrownBy(() -> Correction.read("a-1", "bill", List.of(), null))
                .hasMessageContaining("nothing to correct");
        assertThatThrownBy(() -> Correction.read("a-1", " ", ONE, null)).hasMessageContaining("the reason");
        assertThatThrownBy(() -> Correction.read("a-1", "x".repeat(257), ONE, null))
                .hasMessageContaining("the reason");
    }
}
