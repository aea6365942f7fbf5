package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DecimalTest {
    private static Decimal read(String text) {
        Decimal decimal = new Decimal();
        decimal.begin();
        for (byte next : text.getBytes(US_ASCII)) {
            decimal.add(next);
        }
        return decimal;
    }

    @ParameterizedTest
    @CsvSource({
        "0, true, 0",
        "12, true, 12",
        "12.0, true, 12",
        "12.50, false, 12",
        "13.5, false, 14",
        "0.500000000000000001, false, 1",
        "1.25e2, true, 125",
        "1.25E+1, false, 12",
        "1200e-2, true, 12",
        "1e18, true, 1000000000000000000",
        "1e19, true, 9223372036854775807",
        "1e-400, false, 0",
        "0e999999, true, 0",
        "92233720368547758089, true, 9223372036854775807",
        "-0, true, 0",
        "-7, true, 7",
        "1e99999999999, true, 9223372036854775807",
    })
    void readsNumbers(String text, boolean whole, long rounded) {
        Decimal decimal = read(text);

        assertThat(decimal.isNumber()).isTrue();
        assertThat(decimal.isWhole()).isEqualTo(whole);
        assertThat(decimal.rounded()).isEqualTo(rounded);
        assertThat(decimal.isNegative()).isEqualTo(text.equals("-7"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "--1", "1-", "e5", "1e", "1.2.3", "1e5e5", "1e+-5", ".5", "many", " 1", "0x10"})
    void readsNothingElse(String text) {
        assertThat(read(text).isNumber()).isFalse();
    }

    @Test
    void scalesAsBigDecimalDoes() {
        Random random = new Random(1);
        for (int time = 0; time < 100_000; time++) {
            BigDecimal number = BigDecimal.valueOf(random.nextLong(1_000_000_000_000L), random.nextInt(7, 20));
            BigDecimal expected = number.movePointRight(12).setScale(0, RoundingMode.HALF_EVEN);

            assertThat(read(number.toString()).scaled(12)).as(number.toString()).isEqualTo(expected.longValueExact());
        }
    }
}
