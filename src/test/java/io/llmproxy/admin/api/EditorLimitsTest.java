package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EditorLimitsTest {
    private static final String BEFORE = """
            upstreams:
              - {name: u, url: "https://a.example/v1", weight: "${WEIGHT}", auth: {type: bearer, token: "${secret:t}"}}
            """;

    private static String after(String upstream) {
        return "upstreams:\n  - {" + upstream + "}\n";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name: '${secret:t}', url: 'https://a.example/v1'",
                "name: 'u-${secret:t}', url: 'https://a.example/v1', auth: {type: bearer, token: '${secret:t}'}",
                "name: u, url: 'https://a.example/v1', models: {m: '${secret:t}'}",
                "name: u, url: 'https://a.example/${secret:t}'",
                "name: u, url: 'https://a.example/v1', auth: {type: header, header: '${secret:t}', token: x}",
                "name: u, url: 'https://a.example/v1', auth: {type: bearer, token: '${jndi:llmproxy/t}'}",
                "name: u, url: 'https://a.example/v1', auth: {type: bearer, token: '${system:t}'}",
                "name: '${WEIGHT}', url: 'https://a.example/v1'",
                "name: u, url: 'https://b.example/v1', auth: {type: bearer, token: '${secret:t}'}"
            })
    void aReferenceIsNotPutWhereItIsToldOrSentElsewhere(String upstream) {
        assertThatThrownBy(() -> EditorLimits.checkReferences(BEFORE, after(upstream)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("Only the role admin may");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name: other, url: 'https://a.example/v2', weight: '${WEIGHT}'",
                "name: u, url: 'https://a.example/v1', auth: {type: header, header: x-key, token: 'Bearer ${secret:t}'}"
            })
    void itMayStayAmongSecretsOfTheSameHostAndWhereItWas(String upstream) {
        assertThatCode(() -> EditorLimits.checkReferences(BEFORE, after(upstream)))
                .doesNotThrowAnyException();
    }
}
