package io.llmproxy.config.foreign;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WholeWeightsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1.0 1.5 1.2 | 10 15 12",
                "1 | 1",
                "0.5 0.25 | 2 1",
                "3 3 3 | 1 1 1",
                "100 200 | 1 2",
                "0 1 | 1 1",
                "0 0 | 1 1",
                "1E3 1E-3 | 65535 1",
                "0.333333333 0.666666667 | 32767 65535",
                "1E+30 1 | 65535 1",
                "'' | ''",
            })
    void theRelationIsKept(String weights, String whole) {
        assertThat(WholeWeights.of(numbers(weights).map(BigDecimal::new).toList()))
                .isEqualTo(numbers(whole).map(Integer::valueOf).toList());
    }

    private static Stream<String> numbers(String text) {
        return List.of(text.split(" ")).stream().filter(number -> !number.isEmpty());
    }
}
