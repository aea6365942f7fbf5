package io.llmproxy.usage;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Something that prices are multiplied with. It remembers whether it had to round one. */
final class Factor {
    static final Factor ONE = new Factor(BigDecimal.ONE);

    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    private final BigDecimal value;
    private boolean rounded;

    Factor(BigDecimal value) {
        this.value = value;
    }

    Factor and(Factor other) {
        return new Factor(value.multiply(other.value));
    }

    long times(long price) {
        BigDecimal product = value.multiply(BigDecimal.valueOf(price));
        BigDecimal whole = product.setScale(0, RoundingMode.HALF_EVEN);
        rounded |= whole.compareTo(product) != 0;
        // No attempt has so much as one token of what is more.
        return whole.compareTo(MOST) > 0 ? Long.MAX_VALUE : whole.longValueExact();
    }

    boolean hasRounded() {
        return rounded;
    }
}
