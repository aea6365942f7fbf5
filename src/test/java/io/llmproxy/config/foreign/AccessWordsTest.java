package io.llmproxy.config.foreign;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessWordsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "master_api_key",
                "masterkey",
                "adminkey",
                "clientkeys",
                "apitoken",
                "API-Token",
                "allowedips",
                "allowed_ips",
                "IPWhitelist",
                "JWTSecret",
                "passphrase",
                "firewall",
                "cidr_list",
                "basicAuth",
            })
    void aNameThatIsAboutAccessIsFoundInAnySpelling(String name) {
        assertThat(AccessWords.in(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "max_tokens",
                "maxtokens",
                "inputTokens",
                "cost_per_token",
                "port",
                "timeout_seconds",
                "keepalive",
                "log_level",
                "workers",
                "health_check",
                "author",
            })
    void otherNamesAreNot(String name) {
        assertThat(AccessWords.in(name)).isFalse();
    }
}
