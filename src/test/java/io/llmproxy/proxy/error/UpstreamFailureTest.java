package io.llmproxy.proxy.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.error.UpstreamFailure.Progress;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.client.RetryableRequestException;
import org.eclipse.jetty.http.HttpException;
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
        assertThat(UpstreamFailure.of(cause, Progress.SENDING).error()).isEqualTo(ProxyError.REFUSED);
    }

    @Test
    void aConnectionThatEndsBehindAGoodbyeHasRefusedWhatItLeavesOut() {
        assertThat(UpstreamFailure.of(new ClosedChannelException(), Progress.LEFT_OUT)
                        .error())
                .isEqualTo(ProxyError.REFUSED);
    }

    @Test
    void aFailureOfOurOwnIsWhatItIsOnAConnectionThatSaysGoodbye() {
        UpstreamFailure ours = new UpstreamFailure(ProxyError.CLIENT_GONE);

        assertThat(UpstreamFailure.of(ours, Progress.LEFT_OUT)).isSameAs(ours);
    }

    @Test
    void aConnectionThatEndsMayHaveBeenWorkedOn() {
        assertThat(UpstreamFailure.of(new ClosedChannelException(), Progress.SENDING)
                        .error())
                .isEqualTo(ProxyError.RESET);
    }

    static Stream<Throwable> faultsOfOurs() {
        return Stream.of(
                new IllegalArgumentException("Bad URI"),
                new NumberFormatException("!hex z"),
                new IllegalStateException(),
                new NullPointerException(),
                new OutOfMemoryError());
    }

    @ParameterizedTest
    @MethodSource("faultsOfOurs")
    void whatFailsOnOurSideBeforeAByteWasSentBlamesNoUpstream(Throwable cause) {
        for (Progress progress : List.of(Progress.NONE, Progress.CONNECTED)) {
            ProxyError error = UpstreamFailure.of(cause, progress).error();
            assertThat(error).as(progress.name()).isEqualTo(ProxyError.INTERNAL);
            assertThat(error.blamesUpstream()).isFalse();
        }
    }

    @Test
    void whatThisProcessHasNoneLeftOfBlamesNoUpstream() {
        for (Throwable cause : List.of(
                new SocketException("Too many open files"),
                new BindException("Cannot assign requested address"),
                new RejectedExecutionException("queue full"))) {
            for (Progress progress : Progress.values()) {
                assertThat(UpstreamFailure.of(cause, progress).error())
                        .as(cause.toString())
                        .isEqualTo(ProxyError.OVERLOADED);
            }
        }
    }

    @Test
    void theNetworkAndTheUpstreamsOwnWordsBlameIt() {
        assertThat(UpstreamFailure.of(new ConnectException("Connection refused"), Progress.NONE)
                        .error())
                .isEqualTo(ProxyError.CONNECT_FAILED);
        assertThat(UpstreamFailure.of(new UnresolvedAddressException(), Progress.NONE)
                        .error())
                .isEqualTo(ProxyError.CONNECT_FAILED);
        assertThat(UpstreamFailure.of(new HttpResponseException("503 for CONNECT", null), Progress.NONE)
                        .error())
                .isEqualTo(ProxyError.CONNECT_FAILED);
        assertThat(UpstreamFailure.of(new SSLException("handshake"), Progress.NONE)
                        .error())
                .isEqualTo(ProxyError.TLS_FAILED);
        assertThat(UpstreamFailure.of(new SocketException("Connection reset"), Progress.CONNECTED)
                        .error())
                .isEqualTo(ProxyError.RESET);
        assertThat(UpstreamFailure.of(new HttpException.RuntimeException(502, "no status"), Progress.CONNECTED)
                        .error())
                .isEqualTo(ProxyError.BAD_RESPONSE);
        assertThat(UpstreamFailure.of(new IllegalStateException(), Progress.SENDING)
                        .error())
                .isEqualTo(ProxyError.BAD_RESPONSE);
    }
}
