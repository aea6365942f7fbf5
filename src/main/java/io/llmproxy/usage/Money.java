package io.llmproxy.usage;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * An exact amount of money.
 *
 * @param picos in units of 1e-12 of the currency
 * @param currency such as {@code USD}
 */
public record Money(long picos, String currency) {
    /** How many digits stand behind the point. */
    public static final int SCALE = 12;

    private static final int PICOS_IN_NANO = 1000;

    /** Returns the amount in units of 1e-9 of the currency, as limits count it; never less than it is. */
    public long nanos() {
        return (picos + PICOS_IN_NANO - 1) / PICOS_IN_NANO;
    }

    /** Returns both together; null if they stand in two currencies, or are more than can be counted. */
    @Nullable Money plus(Money more) {
        long sum = picos + more.picos;
        return currency.equals(more.currency) && sum >= picos ? new Money(sum, currency) : null;
    }

    /** Returns the amount without the currency, with all its digits, such as {@code 0.000123450000}. */
    public String text() {
        return BigDecimal.valueOf(picos, SCALE).toPlainString();
    }
}
