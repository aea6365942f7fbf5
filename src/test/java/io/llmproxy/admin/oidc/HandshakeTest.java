package io.llmproxy.admin.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;

class HandshakeTest {
    private static final String PAGE = "https://gw.test/admin/ui/";
    private static final Handshake ONE = new Handshake("secret", "https://idp.test", "gw", PAGE);

    @Test
    void anyNodeMakesTheSameOfTheSecret() {
        Handshake again = new Handshake("secret", "https://idp.test", "gw", PAGE);
        assertThat(again.isState(ONE.state())).isTrue();
        assertThat(again.nonce()).isEqualTo(ONE.nonce());
        assertThat(again.verifier()).isEqualTo(ONE.verifier());
    }

    @Test
    void itIsBoundToProviderClientAndPage() {
        assertThat(new Handshake("other", "https://idp.test", "gw", PAGE).isState(ONE.state()))
                .isFalse();
        assertThat(new Handshake("secret", "https://idp.other", "gw", PAGE).isState(ONE.state()))
                .isFalse();
        assertThat(new Handshake("secret", "https://idp.test", "gw2", PAGE).isState(ONE.state()))
                .isFalse();
        assertThat(new Handshake("secret", "https://idp.test", "gw", PAGE + "x").isState(ONE.state()))
                .isFalse();
    }

    @Test
    void oneValueTellsNothingOfAnother() {
        assertThat(ONE.state()).isNotIn(ONE.nonce(), ONE.verifier(), ONE.challenge());
        assertThat(ONE.nonce()).isNotEqualTo(ONE.verifier());
        assertThat(Handshake.secret()).hasSize(43).isNotEqualTo(Handshake.secret());
    }

    @Test
    void theChallengeIsTheDigestOfTheVerifier() throws Exception {
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(ONE.verifier().getBytes(StandardCharsets.US_ASCII));
        assertThat(ONE.challenge()).isEqualTo(Base64URL.encode(digest).toString());
        assertThat(ONE.verifier()).hasSizeBetween(43, 128).matches("[A-Za-z0-9_-]+");
    }
}
