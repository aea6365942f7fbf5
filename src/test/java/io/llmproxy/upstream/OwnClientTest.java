package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.upstream.OwnRequests.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class OwnClientTest {
    private static final byte[] BODY = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);

    private final UpstreamHttp http =
            new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));
    private final OwnClient client = new OwnClient(http);
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void start() {
        http.start();
    }

    @AfterEach
    void stop() {
        http.stop();
    }

    /** Takes each request, and answers it, or ends its connection without a word. */
    private URI serve(ServerSocket server, String answer) {
        Thread serving = new Thread(() -> {
            while (!server.isClosed()) {
                try (Socket connection = server.accept()) {
                    requests.add(read(connection.getInputStream()));
                    connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException over) {
                    return;
                }
            }
        });
        serving.setDaemon(true);
        serving.start();
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/v1/a%20b?x=%2F");
    }

    private static String read(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        while (!text.toString().contains("\r\n\r\n{") && !(text.indexOf("GET") == 0 && text.indexOf("\r\n\r\n") > 0)) {
            text.append((char) in.read());
        }
        return text.toString();
    }

    private static ServerSocket server() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @Test
    void aRequestIsSentOnceThoughItsConnectionDies() throws IOException {
        try (ServerSocket server = server()) {
            URI target = serve(server, "");

            for (int sent = 1; sent <= 2; sent++) {
                assertThatThrownBy(() -> client.send("POST", target, Map.of(), BODY))
                        .isInstanceOf(IOException.class);
                assertThat(requests).hasSize(sent);
            }
        }
    }

    @Test
    void theAnswerIsReadAsItIsWhateverItsStatus() throws IOException {
        try (ServerSocket server = server()) {
            URI target = serve(
                    server,
                    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nX-A: 1\r\n"
                            + "Content-Length: 2\r\n\r\nno");

            try (Answer answer = client.send("POST", target, Map.of("Authorization", "Bearer k"), BODY)) {
                List<String> headers = new ArrayList<>();
                answer.forEachHeader((name, value) -> headers.add(name + "=" + value));

                assertThat(answer.status()).isEqualTo(401);
                assertThat(headers).contains("X-A=1");
                assertThat(answer.body().readAllBytes()).asString().isEqualTo("no");
            }
            try (Answer answer = client.send("GET", target, Map.of(), new byte[0])) {
                assertThat(answer.status()).isEqualTo(401);
            }
            assertThat(requests.get(0))
                    .startsWith("POST /v1/a%20b?x=%2F HTTP/1.1\r\n")
                    .contains("Authorization: Bearer k\r\n", "Content-Type: application/json\r\n");
            assertThat(requests.get(1)).startsWith("GET /v1/a%20b?x=%2F HTTP/1.1\r\n");
        }
    }

    @Test
    void itsClientOutlivesConfigurations() {
        var before = http.own();
        http.retain(List.of());

        assertThat(http.own()).isSameAs(before);
        assertThat(before.isStarted()).isTrue();
    }
}
