package io.llmproxy.config.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.OidcConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.load.ConfigLoader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OidcChecksTest {
    private static final String FINE = "issuer: 'https://idp.example.com/realm', client_id: gw, viewer_groups: ['*']";

    private static OidcConfig load(String keys) {
        String yaml = """
                http_server: { forwards: [ { name: main, upstream_group: g } ], admin: { oidc: { %s } } }
                upstreams: [ { name: u, url: "http://127.0.0.1:9" } ]
                upstream_groups: [ { name: g, upstreams: [ { name: u } ] } ]
                """.formatted(keys);
        return Objects.requireNonNull(ConfigLoader.parse(yaml, "test", Path.of(""), Map.of())
                .config()
                .httpServer()
                .admin()
                .oidc());
    }

    @Test
    void littleHasToBeSaid() {
        OidcConfig oidc = load(FINE);
        assertThat(oidc.scope()).isEqualTo("openid profile email");
        assertThat(oidc.groupsClaim()).isEqualTo("groups");
        assertThat(load(FINE + ", scopes: [openid, groups]").scope()).isEqualTo("openid groups");
        assertThat(load(FINE + ", console_url: 'https://gw.example.com/x/admin/ui/'")
                        .consoleUrl())
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://idp.example.com",
                "ftp://127.0.0.1/",
                "https://user@idp.example.com",
                "https://idp.example.com/?a=b",
                "https://idp.example.com/#a",
                "https:///realm",
                "idp"
            })
    void anIssuerIsASafeAddress(String issuer) {
        assertThatThrownBy(() -> load("issuer: '" + issuer + "', client_id: gw, viewer_groups: ['*']"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("http_server.admin.oidc.issuer");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8080/realm,true",
        "http://localhost/,true",
        "'http://[::1]:8080/',true",
        "https://idp.example.com,true",
        "http://localhost.example.com/,false",
        "http://127.0.0.1.example.com/,false",
        "/realm,false"
    })
    void whatLeavesThisMachineIsHttps(URI address, boolean safe) {
        assertThat(OidcConfig.isSafe(address)).isEqualTo(safe);
    }

    @Test
    void whatCannotWorkIsRefused(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("ca.pem"), "nothing");
        assertThatThrownBy(() -> load("issuer: 'https://idp', client_id: ' ', client_secret: ' ',"
                        + " console_url: 'https://gw/admin/', ca_file: '" + file + "'"))
                .hasMessageContainingAll("client_id", "client_secret", "console_url", "ca_file", "no group has a role");
        assertThatThrownBy(() -> load(FINE + ", console_url: 'https://gw/admin/ui/?a=b', ca_file: '/nowhere'"))
                .hasMessageContainingAll("console_url", "no such file");
    }
}
