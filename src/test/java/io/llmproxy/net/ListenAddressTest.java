package io.llmproxy.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ListenAddressTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, true",
        "127.9.9.9, true",
        "128.0.0.1, false",
        "0.0.0.0, false",
        "::1, true",
        "[::1], true",
        "::ffff:127.0.0.1, true",
        "::, false",
        "1::1, false"
    })
    void anAddressTellsWhetherItIsLoopback(String text, boolean loopback) {
        ListenAddress address = ListenAddress.parse(text).orElseThrow();

        assertThat(address.isLoopback()).isEqualTo(loopback);
        assertThat(address).hasToString(text);
    }

    @Test
    void addressesWithTheSameTextAreEqual() {
        assertThat(ListenAddress.parse("::1"))
                .isEqualTo(ListenAddress.parse("::1"))
                .hasSameHashCodeAs(ListenAddress.parse("::1"))
                .isNotEqualTo(ListenAddress.parse("::"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "[127.0.0.1]", "[::1", "::1]", "127.0.0.1:80", "127.1", "::1%lo", "[]"})
    void otherTextsAreNoAddresses(String text) {
        assertThat(ListenAddress.parse(text)).isEmpty();
    }
}
