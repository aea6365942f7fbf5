package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An answer without length that breaks off does not look whole to a client that does not keep its connection. */
class CutAnswersIT {
    private static final String PART = "{\"choices\":[{\"me";

    private final World world = World.fresh();

    @ParameterizedTest
    @KindSource
    void aCutIsSeenByAClientThatAsksForClose(Kind kind) {
        assertThat(ask(kind, "HTTP/1.1", "Connection: close\r\n", false).whole())
                .isFalse();
    }

    @ParameterizedTest
    @KindSource
    void aWholeAnswerIsWholeForAClientThatAsksForClose(Kind kind) {
        Answer answer = ask(kind, "HTTP/1.1", "Connection: close\r\n", true);

        assertThat(answer.whole()).isTrue();
        assertThat(answer.text()).isEqualTo(PART);
        assertThat(answer.header("Transfer-Encoding")).isEqualTo("chunked");
    }

    /** Only a reset can tell; containers give a web application no means for it. */
    @ParameterizedTest
    @ValueSource(strings = {"", "Connection: keep-alive\r\n"})
    void aCutIsSeenByAnOldClientOfTheLauncher(String headers) {
        assertThat(ask(Kind.LAUNCHER, "HTTP/1.0", headers, false).whole()).isFalse();
    }

    @ParameterizedTest
    @KindSource
    void aWholeAnswerIsWholeForAnOldClient(Kind kind) {
        Answer answer = ask(kind, "HTTP/1.0", "", true);

        assertThat(answer.whole()).isTrue();
        assertThat(answer.text()).isEqualTo(PART);
    }

    /** Else a client that sends its body behind the head cannot send it, and reports that instead of the answer. */
    @ParameterizedTest
    @KindSource
    void aRefusalThatLeavesTheBodyUnreadIsNoCut(Kind kind) {
        Deployment deployment = world.deployment(kind);
        try (RawClient client = RawClient.connect(deployment.forward("small"))) {
            client.send("POST", "/v1/chat/completions", "Content-Length: 70000\r\nConnection: close\r\n", new byte[0]);

            assertThat(client.answer().status()).isEqualTo(413);
            assertThat(client.endsInGoodOrder()).isTrue();
        }
    }

    private Answer ask(Kind kind, String version, String headers, boolean whole) {
        String path = World.path();
        world.upstream.on(path, new Behaviour("ends or breaks off", conversation -> {
            conversation.readBody();
            conversation.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + Integer.toHexString(PART.length()) + "\r\n" + PART + "\r\n" + (whole ? "0\r\n\r\n" : ""));
            conversation.close();
        }));
        Deployment deployment = world.deployment(kind);
        try (RawClient client = RawClient.connect(deployment.forward("plain", path))) {
            String target = RawClient.target(deployment.forward("plain", path));
            client.send("POST " + target + " " + version + "\r\nHost: client.test\r\n" + headers
                    + "Content-Length: 2\r\n\r\n");
            return client.send("{}".getBytes(StandardCharsets.US_ASCII)).answer();
        }
    }
}
