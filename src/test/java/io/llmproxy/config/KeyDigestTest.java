package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyDigestTest {
    private static final String DIGEST = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";

    @ParameterizedTest
    @ValueSource(strings = {"0123456789", "sha256:" + DIGEST, "SHA256:" + DIGEST})
    void aKeyIsConfiguredPlainOrAsItsDigest(String configured) {
        assertThat(KeyDigest.configured(new Secret(configured)))
                .isEqualTo(KeyDigest.of("0123456789"))
                .hasSameHashCodeAs(KeyDigest.of("0123456789"))
                .isNotEqualTo(KeyDigest.of("0123456788"));
    }

    @Test
    void theDigestOfADigestOpensNothing() {
        String configured = "sha256:" + DIGEST;

        assertThat(KeyDigest.of(configured)).isNotEqualTo(KeyDigest.configured(new Secret(configured)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256:", "sha256:0123", "sha256:" + DIGEST + "0", "sha256: " + DIGEST})
    void whatClaimsToBeADigestHasToBeOne(String configured) {
        assertThatIllegalArgumentException().isThrownBy(() -> KeyDigest.configured(new Secret(configured)));
    }

    @Test
    void aDigestIsNotPrinted() {
        assertThat(KeyDigest.of("0123456789")).hasToString("***");
    }
}
