package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloseCodesTest {
    @ParameterizedTest
    @CsvSource({
        "999, other",
        "1000, 1000",
        "1015, 1015",
        "1016, other",
        "2999, other",
        "3000, 3xxx",
        "3999, 3xxx",
        "4000, 4xxx",
        "4999, 4xxx",
        "5000, other",
        "-1, other"
    })
    void labelsAreFew(int code, String label) {
        assertThat(CloseCodes.label(code)).isEqualTo(label);
    }
}
