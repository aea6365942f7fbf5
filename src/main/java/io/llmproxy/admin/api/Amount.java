package io.llmproxy.admin.api;

import io.llmproxy.usage.Money;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Money as the API tells it.
 *
 * @param micros in millionths of the currency, rounded
 * @param amount the exact sum
 * @param currency such as {@code USD}
 */
record Amount(long micros, String amount, String currency) {
    static Amount of(BigDecimal sum, String currency) {
        long micros = sum.movePointRight(6).setScale(0, RoundingMode.HALF_EVEN).longValue();
        BigDecimal plain = sum.signum() == 0 ? BigDecimal.ZERO : sum.stripTrailingZeros();
        return new Amount(micros, plain.toPlainString(), currency);
    }

    static @Nullable Amount of(@Nullable Money money) {
        return money == null ? null : of(BigDecimal.valueOf(money.picos(), Money.SCALE), money.currency());
    }

    /** Sums by currency, in units of 1e-12. */
    static List<Amount> of(Map<String, Long> picos) {
        return new TreeMap<>(picos)
                .entrySet().stream()
                        .map(sum -> of(BigDecimal.valueOf(sum.getValue(), Money.SCALE), sum.getKey()))
                        .toList();
    }
}
