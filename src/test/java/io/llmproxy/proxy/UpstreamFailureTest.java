package io.llmproxy.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.stream.Stream;
import org.eclipse.jetty.client.RetryableRequestException;
import org.eclipse.jetty.http2.RetryableStreamException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UpstreamFailureTest {
    static Stream<Throwable> refusals() {
        return Stream.of(
                new IOException("refused_stream_error"),
                new IOException(new IOException("refused_stream_error")),
                new RetryableRequestException(new RetryableStreamException()),
                new IllegalStateException("session closed"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void whatTheUpstreamDidNotLookAtIsRefused(Throwable cause) {
        assertThat(UpstreamFailure.of(cause, true).error()).isEqualTo(ProxyError.REFUSED);
    }

    @Test
    void aConnectionThatEndsMayHaveBeenWorkedOn() {
        assertThat(UpstreamFailure.of(new ClosedChannelException(), true).error())
                .isEqualTo(ProxyError.RESET);
    }
}
