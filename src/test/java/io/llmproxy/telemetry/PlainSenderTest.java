package io.llmproxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainSenderTest {
    private final Exports exports = new Exports();
    private final AtomicInteger requests = new AtomicInteger();

    private OtlpHttpMetricExporter exporter(ServerSocket server) {
        return OtlpHttpMetricExporter.builder()
                .setEndpoint("http://127.0.0.1:" + server.getLocalPort() + "/v1/metrics")
                .setCompression("gzip")
                .setTimeout(Duration.ofSeconds(20))
                .setComponentLoader(new PlainSender.Loader(exports))
                .build();
    }

    private static ServerSocket server() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static Thread start(Runnable run) {
        Thread thread = new Thread(run);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Takes each request, and ends its connection without a word. */
    private void hangUp(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket connection = server.accept()) {
                InputStream in = connection.getInputStream();
                byte[] piece = new byte[4096];
                if (in.read(piece) > 0) {
                    requests.incrementAndGet();
                }
            } catch (IOException over) {
                return;
            }
        }
    }

    @Test
    void aBatchIsSentOnceThoughItsConnectionDies() throws IOException {
        try (ServerSocket server = server();
                OtlpHttpMetricExporter exporter = exporter(server)) {
            start(() -> hangUp(server));

            CompletableResultCode result = exporter.export(List.of()).join(20, TimeUnit.SECONDS);

            assertThat(result.isSuccess()).isFalse();
            assertThat(requests).hasValue(1);
        }
    }

    /** The moment between a request and its answer is short. */
    @RepeatedTest(50)
    void oneThatWaitsForAnAnswerIsLetGo() throws Exception {
        CountDownLatch waits = new CountDownLatch(1);
        try (ServerSocket server = server();
                OtlpHttpMetricExporter exporter = exporter(server)) {
            start(() -> {
                try {
                    InputStream in = server.accept().getInputStream();
                    if (in.read() >= 0) {
                        waits.countDown();
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            Thread sending = start(() -> exporter.export(List.of()));
            assertThat(waits.await(20, TimeUnit.SECONDS)).isTrue();

            exporter.shutdown();
            sending.join(TimeUnit.SECONDS.toMillis(15));

            assertThat(sending.isAlive()).isFalse();
        }
    }

    /** Answers each request with the same. */
    private void answer(ServerSocket server, String answer) {
        while (!server.isClosed()) {
            try (Socket connection = server.accept()) {
                InputStream in = connection.getInputStream();
                if (in.read(new byte[4096]) > 0) {
                    requests.incrementAndGet();
                    connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                    connection.shutdownOutput();
                    in.readAllBytes();
                }
            } catch (IOException over) {
                return;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"401, 0, 1", "403, 0, 1", "429, 60, 1", "503, 60, 1", "503, 0, 2", "404, 60, 2"})
    void aCollectorThatWantsNothingForAWhileIsLeftAlone(int status, int seconds, int expected) throws IOException {
        try (ServerSocket server = server();
                OtlpHttpMetricExporter exporter = exporter(server)) {
            String answer = "HTTP/1.1 " + status + " No\r\nRetry-After: " + seconds
                    + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            start(() -> answer(server, answer));

            exporter.export(List.of()).join(20, TimeUnit.SECONDS);
            CompletableResultCode second = exporter.export(List.of()).join(20, TimeUnit.SECONDS);

            assertThat(second.isSuccess()).isFalse();
            assertThat(requests).hasValue(expected);
        }
    }
}
