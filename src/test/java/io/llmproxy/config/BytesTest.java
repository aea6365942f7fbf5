package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BytesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "1000, 1000, 1000",
        "64KiB, 65536, 64KiB",
        "64 k, 65536, 64KiB",
        "2048K, 2097152, 2MiB",
        "8MiB, 8388608, 8MiB",
        "1g, 1073741824, 1GiB",
        "2048GiB, 2199023255552, 2048GiB",
    })
    void sizeIsReadAndWritten(String text, long bytes, String written) {
        assertThat(Bytes.parse(text)).hasValue(bytes);
        assertThat(Bytes.format(bytes)).isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "K", "-1", "1.5M", "1KB", "1TiB", "9999999999999999", "999999999999999G"})
    void whatIsNoSizeIsNotRead(String text) {
        assertThat(Bytes.parse(text)).isEmpty();
    }
}
