package io.llmproxy.config.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Secret;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LiteralSecretsTest {
    private static String replaced(String text) {
        return LiteralSecrets.in(text).replaced(LiteralSecrets.Literal::name);
    }

    @Test
    void nothingButTheSecretChanges() {
        String text = """
                # why it is so
                upstreams:
                  - name: one   # the first
                    url: "http://u"
                    auth: {type: bearer, token: sk-canary}   # keep it
                """;

        LiteralSecrets secrets = LiteralSecrets.in(text);

        assertThat(secrets.all())
                .containsExactly(new LiteralSecrets.Literal(
                        "upstreams/one/auth/token", 5, "upstreams[0].auth.token", new Secret("sk-canary")));
        assertThat(secrets.replaced(literal -> literal.name() + "@1"))
                .isEqualTo(text.replace("sk-canary", "\"${secret:upstreams/one/auth/token@1}\""));
    }

    @Test
    void everyStyleOfYamlIsReplacedWhole() {
        for (String written : List.of(
                "sk-canary",
                "'sk-canary'",
                "\"sk-\\u0063anary\"",
                "&t sk-canary",
                "|-\n    sk-canary",
                ">\n    sk-canary\n",
                "\n    sk-canary")) {
            String text = "redis:\n  url: redis://r\n  password: " + written + "\n# ü 𝄞\nlog: {level: info}\n";
            String next = replaced(text);
            assertThat(next).as(written).doesNotContain("canary").endsWith("\n# ü 𝄞\nlog: {level: info}\n");
            assertThat(next).contains("\"${secret:redis/password}\"");
            assertThat(next.contains("&t")).isEqualTo(written.contains("&t"));
            assertThat(replaced(next)).isEqualTo(next);
        }
        assertThat(replaced("# 𝄞\n{\"redis\": {\"password\": \"sk-canary\"}}"))
                .isEqualTo("# 𝄞\n{\"redis\": {\"password\": \"${secret:redis/password}\"}}");
    }

    @Test
    void whatOtherPlacesReferToIsReplacedWhereItStands() {
        String text = """
                x-auth: &auth {type: bearer, token: sk-merged}
                x-token: &token sk-alias
                upstreams:
                  - {name: a/b, auth: {<<: *auth}}
                  - {auth: {<<: [*auth], type: bearer}}
                  - {name: c, auth: {token: *token}}
                  - {name: d, auth: {token: *token}}
                """;

        assertThat(replaced(text))
                .isEqualTo(text.replace("sk-merged", "\"${secret:upstreams/a_b/auth/token}\"")
                        .replace("sk-alias", "&token \"${secret:upstreams/c/auth/token}\"")
                        .replace("&token &token", "&token"));
    }

    @Test
    void whatSoundsLikeASecretBelowAnExtensionIsMovedAlsoIfNothingUsesIt() {
        String text = """
                x-auth: &a {type: bearer, token: sk-unused, more: [{api_key: sk-nested}]}
                x-token: sk-alone
                x-used: &used {timeout: 5s, token: "${TOKEN}"}
                upstreams: [{name: a, auth: {<<: *used}}]
                """;

        assertThat(replaced(text))
                .isEqualTo(text.replace("sk-unused", "\"${secret:x-auth/token}\"")
                        .replace("sk-nested", "\"${secret:x-auth/more/0/api_key}\"")
                        .replace("sk-alone", "\"${secret:x-token}\""));
        assertThat(LiteralSecrets.hidden(text))
                .doesNotContain("sk-")
                .contains("timeout: 5s", "${TOKEN}", "type: bearer");
    }

    @Test
    void whatIsShownHasItsCommentsAndNoSecrets() {
        String text = """
                # why it is so
                keys:
                  - {name: k, key: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}
                upstreams:
                  - {name: a, auth: {token: "Bearer ${TOKEN}"}, url: "http://u/a"}   # stays
                  - {name: b, auth: {token: "${TOKEN:-sk-default}"}, url: "http://me:sk-password@u/?key=sk-query"}
                  - {name: c, auth: {token: sk-literal}, url: "http://u?${secret:query}"}
                  - {name: d, auth: {token: }}
                """;

        assertThat(LiteralSecrets.hidden(text))
                .isEqualTo(text.replace("sk-default", "***")
                        .replace("me:sk-password", "***")
                        .replace("key=sk-query", "***")
                        .replace("sk-literal", "\"***\""));
    }

    @Test
    void whatIsNoSecretOrRefersToOneStays() {
        String text = """
                x-note: {text: sk-not-read}
                keys:
                  - {name: k, key: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}
                upstreams:
                  - {name: a, auth: {token: "${TOKEN}"}, url: "http://u/a?"}
                  - {name: b, auth: {token: "Bearer ${TOKEN}"}, url: "http://u?${secret:query}"}
                  - {name: c, auth: {token: "${secret:c}"}, headers: [1, [2]]}
                  - {name: d, auth: {token: }}
                  - {name: e, auth: {token: ""}}
                  - {name: f, auth: [sk-no-section]}
                """;

        assertThat(LiteralSecrets.in(text).all()).isEmpty();
        assertThat(replaced(text)).isEqualTo(text);
        assertThat(replaced("- a list")).isEqualTo("- a list");
        assertThat(replaced("? [a]\n: b\n")).isEqualTo("? [a]\n: b\n");
    }

    @Test
    void theQueryOfAUrlIsASecret() {
        String text = "upstreams: [{name: a, url: 'http://u/\"a?key=sk-$${canary}'}]\n";

        LiteralSecrets secrets = LiteralSecrets.in(text);

        assertThat(secrets.all())
                .extracting(LiteralSecrets.Literal::value)
                .containsExactly(new Secret("key=sk-${canary}"));
        assertThat(secrets.replaced(LiteralSecrets.Literal::name))
                .isEqualTo("upstreams: [{name: a, url: \"http://u/\\\"a?${secret:upstreams/a/url}\"}]\n");
    }

    @Test
    void aNameIsNotLongerThanATableTakes() {
        String text = "upstreams: [{name: " + "n".repeat(500) + ", auth: {token: sk}}]";

        assertThat(LiteralSecrets.in(text).all().get(0).name()).hasSize(200).startsWith("upstreams/nnn");
    }
}
