package io.llmproxy.config.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class YamlEditTest {
    private static final String TEXT = """
            # Ours.
            upstreams:
              - name: one # in Europe
                # By far the best.
                url: "https://one.test/v1"
                auth:
                  type: bearer
                  token: ${ONE}
              - name: two
                url: https://two.test
            upstream_groups:
              - name: g
                upstreams: [{name: one, weight: 2}, {name: two}]
            """;

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    @Test
    void whatIsNotChangedStaysWithItsComments() {
        YamlEdit edit = YamlEdit.of(TEXT);
        YamlEdit.Section one = edit.root().named("upstreams", "one").orElseThrow();
        assertThat(one.text("url")).contains("https://one.test/v1");
        assertThat(one.section("auth").text("token")).contains("${ONE}");
        assertThat(one.has("weight")).isFalse();
        assertThat(one.text("auth")).isEmpty();

        edit.root().named("upstreams", "two").orElseThrow().set("url", "https://three.test");

        assertThat(edit.text()).isEqualTo(TEXT.replace("https://two.test", "https://three.test"));
    }

    @Test
    void aSectionIsSharedByAnAnchor() {
        YamlEdit edit = YamlEdit.of("upstreams: [&a {name: a, url: x}, {<<: *a, name: b}]\n");
        assertThat(edit.root().named("upstreams", "a").orElseThrow().isShared()).isTrue();
        assertThat(edit.root().named("upstreams", "b").orElseThrow().isShared()).isFalse();
    }

    @Test
    void commentsAreTakenOut() {
        String plain = YamlEdit.uncommented(TEXT);
        assertThat(plain).doesNotContain("#").contains("url: \"https://one.test/v1\"", "token: ${ONE}");
        assertThat(YamlEdit.uncommented("")).isEmpty();
    }

    @Test
    void listsGrowAndShrink() {
        YamlEdit edit = YamlEdit.of(TEXT);
        YamlEdit.Section group = edit.root().named("upstream_groups", "g").orElseThrow();
        group.set("upstreams", List.of(map("name", "two", "weight", 7)));
        edit.root().remove("upstreams", edit.root().named("upstreams", "one").orElseThrow());
        edit.root().add("upstreams", map("name", "three", "url", "https://three.test", "weight", 3));
        group.section("balance").set("strategy", "random");
        group.add("labels", "x");
        group.add("labels", "007");
        edit.root().remove("nothing", group);

        assertThat(edit.text()).isEqualTo("""
                # Ours.
                upstreams:
                  - name: two
                    url: https://two.test
                  - name: three
                    url: https://three.test
                    weight: 3
                upstream_groups:
                  - name: g
                    upstreams:
                      - name: two
                        weight: 7
                    balance:
                      strategy: random
                    labels:
                      - x
                      - '007'
                """);
    }

    @Test
    void aMappingIsReplacedAndKeepsWhatIsNamed() {
        YamlEdit edit = YamlEdit.of(TEXT);
        YamlEdit.Section one = edit.root().named("upstreams", "one").orElseThrow();

        one.replace(map("name", "one", "url", "https://new.test"), List.of("auth", "url"));

        assertThat(one.text("url")).contains("https://new.test");
        assertThat(one.section("auth").text("token")).contains("${ONE}");
    }

    @Test
    void whatIsBelowAKeyIsTakenOut() {
        YamlEdit edit = YamlEdit.of(TEXT);
        YamlEdit.Section one = edit.root().named("upstreams", "one").orElseThrow();
        one.drop("auth");
        one.drop("nothing");

        assertThat(one.has("auth")).isFalse();
        assertThat(one.text("url")).contains("https://one.test/v1");
        assertThat(edit.text()).doesNotContain("${ONE}");
    }

    @Test
    void anEmptyDocumentIsBegun() {
        YamlEdit edit = YamlEdit.of("");
        edit.root().section("http_server").add("forwards", map("name", "main", "port", 3000));

        assertThat(edit.text()).isEqualTo("""
                http_server:
                  forwards:
                    - name: main
                      port: 3000
                """);
        assertThat(edit.root().list("upstreams")).isEmpty();
        assertThat(YamlEdit.of("{http_server: {}}").root().has("http_server")).isTrue();
        assertThatThrownBy(() -> YamlEdit.of("- a")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsSharedByAnAnchorIsChangedInOnePlaceOnly() {
        YamlEdit edit = YamlEdit.of("""
                x-auth: &auth {type: bearer, token: shared}
                upstreams:
                  - {name: u, auth: *auth}
                  - {name: v, auth: *auth}
                """);

        edit.root().named("upstreams", "u").orElseThrow().own("auth").set("token", "own");

        assertThat(edit.text()).isEqualTo("""
                x-auth: &auth {type: bearer, token: shared}
                upstreams:
                  - {name: u, auth: {type: bearer, token: own}}
                  - {name: v, auth: *auth}
                """);
    }
}
