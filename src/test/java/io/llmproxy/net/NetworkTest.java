package io.llmproxy.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NetworkTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.0/8, ::a00:1, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "::/0, 203.0.113.9, false",
        "2001:db8::/32, 2001:db8:ffff::1, true"
    })
    void aNetworkContainsAddressesThatBeginWithItsBits(String network, String address, boolean contained) {
        assertThat(Network.parse(network)
                        .orElseThrow()
                        .contains(IpAddress.parse(address).orElseThrow()))
                .isEqualTo(contained);
    }

    @Test
    void networksWithTheSameBitsAreEqual() {
        assertThat(Network.parse("10.0.0.0/8"))
                .isEqualTo(Network.parse("10.0.0.0/8"))
                .hasSameHashCodeAs(Network.parse("10.0.0.0/8"))
                .isNotEqualTo(Network.parse("10.0.0.0/9"))
                .isNotEqualTo(Network.parse("11.0.0.0/8"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "lb.example.com",
                "10.0.0.0/33",
                "::/129",
                "10.0.0.0/",
                "10.0.0.0/-1",
                "10.0.0.0/8/8",
                "10.0.0.0/1000",
                "[::1]",
                "::1%eth0",
                "10.0.0.1:80",
                "10/8"
            })
    void otherTextsAreNoNetworks(String text) {
        assertThat(Network.parse(text)).isEmpty();
    }
}
