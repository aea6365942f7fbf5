package io.llmproxy.config.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.document.Places.Place;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacesTest {
    private static final String DOCUMENT = """
            http_server:
              admin: { port: 9000, token: t }
            upstreams:
              - name: first
                url: https://api.example.com/v1
                auth: { type: bearer, token: "${secret:first}" }
              - { url: "http://127.0.0.1:1" }
            upstream_groups:
              - { name: g, upstreams: [{ name: first, weight: 2 }], unknown: { a: [1, [2]] } }
            log: {}
            ledger: []
            """;

    private static Place at(String document, String path) {
        return Places.of(document).stream()
                .filter(place -> place.path().equals(path))
                .findFirst()
                .orElseThrow();
    }

    private static String destination(String url) {
        return at("upstreams: [{ name: u, url: '" + url + "', auth: { token: t } }]\n", "upstreams[0].auth.token")
                .destination();
    }

    @Test
    void aValueGoesByTheNamesOfTheItemsThatItIsIn() {
        Place token = at(DOCUMENT, "upstreams[0].auth.token");

        assertThat(token.where()).containsExactly("upstreams", "=first", "auth", "token");
        assertThat(token.text()).isEqualTo("${secret:first}");
        assertThat(token.line()).isEqualTo(6);
        assertThat(token.isIn(AuthConfig.class)).isTrue();
        assertThat(token.isIn(AdminConfig.class)).isFalse();
        assertThat(token.isBelow("upstreams")).isTrue();
        assertThat(token.isBelow("upstreams", "=second")).isFalse();
        assertThat(token.isBelow("upstreams", "=first", "auth", "token", "x")).isFalse();
        assertThat(at(DOCUMENT, "upstreams[1].url").where()).containsExactly("upstreams", "[1]", "url");
    }

    @Test
    void whatIsNotKnownAndWhatIsEmptyHasAPlaceToo() {
        assertThat(at(DOCUMENT, "log").text()).isEmpty();
        assertThat(at(DOCUMENT, "ledger").text()).isEmpty();
        assertThat(at(DOCUMENT, "upstream_groups[0].unknown.a[1][0]").text()).isEqualTo("2");
    }

    @Test
    void aKeyHasOneSpelling() {
        assertThat(at("upstreams: [{ name: u, auth: { api_key: t } }]\n", "upstreams[0].auth.api_key")
                        .where())
                .containsExactly("upstreams", "=u", "auth", "token");
    }

    @Test
    void aValueIsSentToTheHostOfItsSectionOrToNone() {
        assertThat(at(DOCUMENT, "upstreams[0].auth.token").destination()).isEqualTo("to https://api.example.com");
        assertThat(at(DOCUMENT, "http_server.admin.token").destination()).isEqualTo("http_server\nadmin\ntoken");
    }

    @ParameterizedTest
    @CsvSource({
        "https://a.example, to https://a.example",
        "https://a.example/v1/x, to https://a.example",
        "https://a.example?to=https://b.example/, to https://a.example",
        "a.example/v1, to a.example/v1",
        "https://${HOST}/v1, to https://${HOST}/v1"
    })
    void aHostIsSchemeAndAuthority(String url, String destination) {
        assertThat(destination(url)).isEqualTo(destination);
    }

    @Test
    void whichItemOfAListItIsInCanBeLeftOutOfWhereItStands() {
        Place token = at("upstreams: [{ name: u, auth: { tokens: [a, b] } }]\n", "upstreams[0].auth.tokens[1]");

        assertThat(token.anywhere()).containsExactly("upstreams", "=", "auth", "tokens", "[]");
        assertThat(at("x-a: { b: c }\n", "x-a.b").isOf(Secret.class)).isFalse();
        assertThat(at(DOCUMENT, "upstreams[0].auth.token").isOf(Secret.class)).isTrue();
    }

    @Test
    void aTextThatIsNoDocumentHasNone() {
        assertThat(Places.of("a: [")).isEqualTo(List.of());
    }
}
