package io.llmproxy.proxy.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RequestHeadersTest {
    @Test
    void connectionNamesFurtherHopByHopHeaders() {
        assertThat(HopByHop.namedIn(List.of("close, X-One", " x-Two ")))
                .containsExactlyInAnyOrder("close", "x-one", "x-two");
        assertThat(HopByHop.namedIn(List.of())).isEmpty();
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
