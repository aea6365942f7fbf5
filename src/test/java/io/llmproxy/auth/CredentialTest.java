package io.llmproxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.Secret;
import org.junit.jupiter.api.Test;

class CredentialTest {
    @Test
    void aTokenTravelsAsBearer() {
        AuthConfig config = new AuthConfig(AuthConfig.Type.BEARER, new Secret("t0ken"), null, null);

        assertThat(Credential.of(config)).isEqualTo(new Credential.Header("Authorization", new Secret("Bearer t0ken")));
    }

    @Test
    void userAndPasswordTravelAsBasicInUtf8() {
        AuthConfig config = new AuthConfig(AuthConfig.Type.BASIC, null, "üser", new Secret("pa:ss"));

        assertThat(Credential.of(config))
                .isEqualTo(new Credential.Header("Authorization", new Secret("Basic w7xzZXI6cGE6c3M=")));
    }

    @Test
    void noneIsNothing() {
        assertThat(Credential.of(new AuthConfig(AuthConfig.Type.NONE, null, null, null)))
                .isEqualTo(new Credential.None());
    }

    @Test
    void itPrintsNoSecret() {
        AuthConfig config = new AuthConfig(AuthConfig.Type.BEARER, new Secret("t0ken"), null, null);

        assertThat(Credential.of(config).toString()).doesNotContain("t0ken");
    }
}
