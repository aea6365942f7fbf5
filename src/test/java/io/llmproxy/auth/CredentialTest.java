package io.llmproxy.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.AuthKeyConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.config.Secret;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CredentialTest {
    private static AuthConfig auth(AuthConfig.Type type, @Nullable String token, @Nullable String header) {
        return new AuthConfig(
                type, token == null ? null : new Secret(token), List.of(), header, null, null, null, 0, 0);
    }

    private static Credential.Header header(String name, String value) {
        return new Credential.Header(name, new Secret(value));
    }

    @ParameterizedTest
    @EnumSource(Provider.class)
    void aTokenTravelsAsBearerForAnyProvider(Provider provider) {
        assertThat(Credential.of(auth(AuthConfig.Type.BEARER, "t0ken", null), provider))
                .containsExactly(header("Authorization", "Bearer t0ken"));
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI, Authorization, Bearer k",
        "ANTHROPIC, x-api-key, k",
        "GEMINI, x-goog-api-key, k",
        "VERTEX, x-goog-api-key, k",
        "AZURE_OPENAI, api-key, k",
        "OLLAMA, Authorization, Bearer k",
        "VLLM, Authorization, Bearer k",
    })
    void aKeyTravelsAsTheProviderWantsIt(Provider provider, String name, String value) {
        assertThat(Credential.of(auth(AuthConfig.Type.API_KEY, "k", null), provider))
                .containsExactly(header(name, value));
    }

    @ParameterizedTest
    @EnumSource(Provider.class)
    void aNamedHeaderHoldsTheBareKey(Provider provider) {
        assertThat(Credential.of(auth(AuthConfig.Type.API_KEY, "k", "X-Token"), provider))
                .containsExactly(header("X-Token", "k"));
    }

    @Test
    void thereIsOneForEachKey() {
        AuthConfig config = new AuthConfig(
                AuthConfig.Type.API_KEY,
                null,
                List.of(new AuthKeyConfig(new Secret("a"), 1, 0, 0), new AuthKeyConfig(new Secret("b"), 2, 0, 0)),
                null,
                null,
                null,
                null,
                0,
                0);

        assertThat(Credential.of(config, Provider.ANTHROPIC))
                .containsExactly(header("x-api-key", "a"), header("x-api-key", "b"));
    }

    @Test
    void userAndPasswordTravelAsBasicInUtf8() {
        AuthConfig config =
                new AuthConfig(AuthConfig.Type.BASIC, null, List.of(), null, "üser", new Secret("pa:ss"), null, 0, 0);

        assertThat(Credential.of(config, Provider.CUSTOM))
                .containsExactly(header("Authorization", "Basic w7xzZXI6cGE6c3M="));
    }

    @Test
    void noneIsNothing() {
        assertThat(Credential.of(auth(AuthConfig.Type.NONE, null, null), Provider.OPENAI))
                .containsExactly(new Credential.None());
    }

    @Test
    void tokensOfGoogleAreMadeElsewhere() {
        assertThatThrownBy(() -> Credential.of(auth(AuthConfig.Type.GOOGLE, null, null), Provider.VERTEX))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void itPrintsNoSecret() {
        assertThat(Credential.of(auth(AuthConfig.Type.BEARER, "t0ken", null), Provider.CUSTOM)
                        .toString())
                .doesNotContain("t0ken");
    }
}
