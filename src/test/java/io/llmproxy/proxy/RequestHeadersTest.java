package io.llmproxy.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestHeadersTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -",
                "a=b, a=b",
                "key=secret, -",
                "key, -",
                "a=b&key=secret&c=%20d, a=b&c=%20d",
                "key=1&key=2&monkey=3, monkey=3",
                "keys=1, keys=1"
            })
    void theKeyIsTakenOutOfAQuery(String query, String rest) {
        assertThat(ClientCredentials.withoutKey(query)).isEqualTo(rest);
    }

    @Test
    void connectionNamesFurtherHopByHopHeaders() {
        assertThat(HopByHop.namedIn(Collections.enumeration(List.of("close, X-One", " x-Two "))))
                .containsExactlyInAnyOrder("close", "x-one", "x-two");
        assertThat(HopByHop.namedIn(Collections.emptyEnumeration())).isEmpty();
    }

    @Test
    void aHarmlessRequestIdIsTaken() {
        assertThat(RequestId.of("abc-123").value()).isEqualTo("abc-123");
        assertThat(RequestId.of("with space").value()).startsWith("req_");
        assertThat(RequestId.of("").value()).startsWith("req_");
        assertThat(RequestId.of("x".repeat(129)).value()).startsWith("req_");
        assertThat(RequestId.of("a\u001b[0m").value()).startsWith("req_");
        assertThat(RequestId.of(null).value())
                .hasSize(36)
                .isNotEqualTo(RequestId.of(null).value());
    }
}
