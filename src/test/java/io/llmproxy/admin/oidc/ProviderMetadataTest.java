package io.llmproxy.admin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProviderMetadataTest {
    private static final String ISSUER = "https://idp.test/realm";

    private static ObjectNode document() {
        ObjectNode document = new JsonMapper().createObjectNode();
        document.put("issuer", ISSUER);
        document.put("authorization_endpoint", "https://idp.test/authorize?tenant=1");
        document.put("token_endpoint", "https://tokens.idp.test/token");
        document.put("jwks_uri", "https://idp.test/keys");
        return document;
    }

    @Test
    void whatIsLeftOutIsNotThere() throws Exception {
        ProviderMetadata told = ProviderMetadata.read(ISSUER, document());
        assertThat(told.token()).hasToString("https://tokens.idp.test/token");
        assertThat(told.userInfo()).isNull();
        assertThat(told.endSession()).isNull();
        assertThat(told.secretMethods()).isEmpty();
        assertThat(told.tellsIssuer()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"authorization_endpoint", "token_endpoint", "jwks_uri"})
    void whatIsNeededIsThere(String member) {
        ObjectNode document = document();
        document.remove(member);
        assertThatThrownBy(() -> ProviderMetadata.read(ISSUER, document)).hasMessageContaining("no " + member);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://idp.test/realm/", "https://IDP.test/realm", "https://other.test", ""})
    void itCallsItselfAsItIsCalled(String named) {
        assertThatThrownBy(() -> ProviderMetadata.read(ISSUER, document().put("issuer", named)))
                .isInstanceOf(ProviderException.class)
                .hasMessageContaining("expected: " + ISSUER);
    }

    @ParameterizedTest
    @CsvSource({
        "token_endpoint, http://127.0.0.1/token",
        "jwks_uri, http://idp.test/keys",
        "userinfo_endpoint, file:///etc/passwd",
        "end_session_endpoint, javascript:alert(1)",
        "authorization_endpoint, https://user@idp.test/",
        "authorization_endpoint, not an address"
    })
    void anHttpsProviderSendsNobodyElsewhere(String member, String address) {
        assertThatThrownBy(() -> ProviderMetadata.read(ISSUER, document().put(member, address)))
                .isInstanceOf(ProviderException.class)
                .hasMessageContaining(member);
    }

    @Test
    void theDocumentIsBelowTheIssuer() {
        assertThat(ProviderMetadata.address(ISSUER)).hasToString(ISSUER + "/.well-known/openid-configuration");
        assertThat(ProviderMetadata.address("https://idp.test/"))
                .hasToString("https://idp.test/.well-known/openid-configuration");
    }
}
