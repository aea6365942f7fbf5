package io.llmproxy.proxy.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models/org/name",
                "/v1/models/org%2Fname",
                "/v1/models/org%2fname",
                "//v1///models//org%2fname//",
                "/v1/models/org/name/",
                "/v1;a/models;b=c/org/name",
                "/%76%31/%6Dodels/%6f%72g%2Fname",
            })
    void allSpellingsOfAPathMeanTheSame(String spelling) {
        RequestPath path = RequestPath.of(spelling);
        assertThat(path.meant()).isEqualTo("/v1/models/org%2Fname");
        assertThat(path.readings()).startsWith("/v1/models/org%2Fname", "/v1/models/org/name");
    }

    @ParameterizedTest
    @CsvSource({
        "/, /, /",
        "//, /, /",
        "/v1, /v1, /v1",
        "///v1//x, /v1/x, /v1/x",
        "/v1/x/, /v1/x/, /v1/x",
        "/v1/a%20b%c3%a9%7Euser, /v1/a%20b%c3%a9%7Euser, /v1/a%20b%C3%A9~user",
        "/v1/x;a=b/y;c, /v1/x;a=b/y;c, /v1/x/y",
        "/v1/a%, /v1/a%, /v1/a%",
        "/v1/a%2fb, /v1/a%2fb, /v1/a%2Fb",
        "*, *, *",
        "'', '', ''",
    })
    void whatIsPassedOnIsTheClientsSpelling(String asked, String written, String meant) {
        RequestPath path = RequestPath.of(asked);
        assertThat(path).isEqualTo(new RequestPath(written, meant));
    }

    @Test
    void aSlashAtTheEndIsReadBothWays() {
        assertThat(RequestPath.of("/v1/x/").readings()).containsExactly("/v1/x", "/v1/x/");
        assertThat(RequestPath.of("/v1/x").readings()).containsExactly("/v1/x");
        assertThat(RequestPath.of("/").readings()).containsExactly("/");
        assertThat(RequestPath.of("/v1/models/a/b/").readings())
                .containsExactly("/v1/models/a%2Fb", "/v1/models/a/b", "/v1/models/a%2Fb/", "/v1/models/a/b/");
    }

    @Test
    void aPrefixIsRemovedHoweverItIsSpelled() {
        assertThat(RequestPath.of("/g%77;x//a/b/").without(1)).isEqualTo(new RequestPath("/a/b/", "/a/b"));
        assertThat(RequestPath.of("/gw").without(1)).isEqualTo(RequestPath.of("/"));
        assertThat(RequestPath.of("/gw/").without(1)).isEqualTo(RequestPath.of("/"));
        assertThat(RequestPath.of("/a").without(0)).isEqualTo(RequestPath.of("/a"));
        assertThat(RequestPath.of("/%61/b%7e/").endingWith("/b~").written()).isEqualTo("/b%7e/");
        assertThat(RequestPath.of("/%61").endingWith("/").written()).isEqualTo("/");
        assertThat(RequestPath.of("/a/b").endingWith("/a/b").written()).isEqualTo("/a/b");
        assertThat(RequestPath.of(null)).isEqualTo(RequestPath.of(""));
        assertThat(RequestPath.segments("")).isZero();
        assertThat(RequestPath.segments("/a/b")).isEqualTo(2);
    }
}
