package io.llmproxy.config.foreign;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;

/** Weights with a fraction, as whole numbers in the same relation to one another. */
final class WholeWeights {
    private static final BigDecimal LARGEST = BigDecimal.valueOf(65535);

    private WholeWeights() {}

    /** Returns numbers from 1 to 65535: the smallest that keep the relation, or nearly if there are none. */
    static List<Integer> of(List<BigDecimal> weights) {
        int decimals = weights.stream()
                .mapToInt(weight -> weight.stripTrailingZeros().scale())
                .max()
                .orElse(0);
        List<BigInteger> whole = weights.stream()
                .map(weight -> weight.movePointRight(Math.max(0, decimals)).toBigInteger())
                .toList();
        BigInteger divisor =
                whole.stream().reduce(BigInteger.ZERO, BigInteger::gcd).max(BigInteger.ONE);
        BigDecimal largest = new BigDecimal(
                whole.stream().reduce(BigInteger.ONE, BigInteger::max).divide(divisor));
        return whole.stream()
                .map(weight -> new BigDecimal(weight.divide(divisor)))
                .map(weight -> largest.compareTo(LARGEST) > 0
                        ? weight.multiply(LARGEST).divide(largest, RoundingMode.HALF_UP)
                        : weight)
                .map(weight -> Math.max(1, weight.intValue()))
                .toList();
    }
}
