package io.llmproxy.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FindingTest {
    @ParameterizedTest
    @CsvSource({"200, true", "204, true", "299, true", "199, false", "302, false", "404, false", "500, false"})
    void onlyA2xxIsASuccess(int status, boolean success) {
        assertThat(Finding.status(status)).isEqualTo(new Finding(success, "status " + status));
    }

    @Test
    void aFailureIsToldByItsKindAndNotByItsMessage() {
        assertThat(reason(new SocketTimeoutException("canary"))).isEqualTo("connect timeout");
        assertThat(reason(new ConnectException("canary"))).isEqualTo("connect error");
        assertThat(reason(new UnknownHostException("canary"))).isEqualTo("connect error");
        assertThat(reason(new SSLHandshakeException("canary"))).isEqualTo("TLS error");
        assertThat(reason(new IOException("canary", new SSLHandshakeException("canary"))))
                .isEqualTo("TLS error");
        assertThat(reason(new EOFException("canary"))).isEqualTo("connection lost");
        assertThat(reason(new IllegalStateException("canary"))).isEqualTo("bad response");
    }

    private static String reason(Throwable failure) {
        assertThat(Finding.failure(failure).success()).isFalse();
        return Finding.failure(failure).reason();
    }
}
