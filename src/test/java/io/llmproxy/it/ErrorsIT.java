package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

class ErrorsIT {
    private static final byte[] QUESTION = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GENERATE = "/v1beta/models/gemini-2.5-pro:generateContent";

    private final World world = World.fresh();

    private Answer ask(Deployment.Kind kind, String forward, String path) {
        return RawClient.exchange(
                world.deployment(kind).forward(forward, path), "POST", "Content-Type: application/json\r\n", QUESTION);
    }

    private static JsonNode json(Answer answer) {
        assertThat(answer.header("Content-Type")).startsWith("application/json");
        try {
            return new ObjectMapper().readTree(answer.text());
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + answer, e);
        }
    }

    private static void assertOurs(Answer answer, int status) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("X-LLMProxy-Error")).as(answer.toString()).isNotBlank();
        assertThat(answer.header("X-Request-Id")).as(answer.toString()).isNotBlank();
        assertThat(answer.toString()).doesNotContain("127.0.0.1").doesNotContain("Exception");
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatCannotBeReachedIs502InTheWordsOfTheApi(Deployment.Kind kind) {
        Answer chat = ask(kind, "unreachable", CHAT);
        Answer messages = ask(kind, "unreachable", MESSAGES);
        Answer generate = ask(kind, "unreachable", GENERATE);

        assertOurs(chat, 502);
        assertThat(json(chat).at("/error/message").asText()).isNotBlank();
        assertThat(json(chat).at("/error/type").asText()).isNotBlank();
        assertThat(json(chat).at("/error").has("code")).isTrue();
        assertOurs(messages, 502);
        assertThat(json(messages).at("/type").asText()).isEqualTo("error");
        assertThat(json(messages).at("/error/type").asText()).isEqualTo("api_error");
        assertOurs(generate, 502);
        assertThat(json(generate).at("/error/code").isInt()).isTrue();
        assertThat(json(generate).at("/error/status").asText()).isNotBlank();
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatDoesNotAnswerIs504(Deployment.Kind kind) {
        for (String path : List.of(CHAT, MESSAGES)) {
            world.upstream.on(path, Behaviour.hangs());

            Answer answer = ask(kind, "hasty", path);

            assertOurs(answer, 504);
            assertThat(world.upstream.awaitRequest(path).awaitAborted(Duration.ofSeconds(1)))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatBreaksOffBeforeItsAnswerIs502(Deployment.Kind kind) {
        List<Behaviour> broken = List.of(
                Behaviour.closesUnanswered(),
                Behaviour.raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"),
                Behaviour.raw("not http at all\r\n\r\n"),
                Behaviour.raw("HTTP/1.1 200 OK\r\nX-Long: " + "x".repeat(1 << 20) + "\r\n\r\n"),
                Behaviour.raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"));
        for (Behaviour behaviour : broken) {
            world.upstream.on(CHAT, behaviour);
            assertOurs(ask(kind, "plain", CHAT), 502);
        }
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamsErrorsPassByteForByte(Deployment.Kind kind) {
        for (int status : new int[] {400, 401, 403, 404, 422, 500, 502, 504}) {
            String body = "{\"error\": {\"message\": \"as the upstream says, %d\"}}\n".formatted(status);
            world.upstream.on(CHAT, Behaviour.status(status, "Content-Type: application/problem+json\r\n", body));

            Answer answer = ask(kind, "plain", CHAT);

            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.text()).isEqualTo(body);
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.head().has("X-LLMProxy-Error")).isFalse();
        }
    }

    @ParameterizedTest
    @KindSource
    void redirectsAreNotFollowed(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.status(307, "Location: " + world.first.url() + "/x\r\n", ""));

        assertThat(ask(kind, "plain", CHAT).status()).isEqualTo(307);
        assertThat(world.first.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void interimAnswersDoNotEndAnExchange(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.interim(103, 2, Behaviour.json("{\"final\":true}")));

        Answer answer = ask(kind, "plain", CHAT);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"final\":true}");
    }

    @ParameterizedTest
    @KindSource
    void aConnectionThatDiedWhileItWasPooledIsReplaced(Deployment.Kind kind) {
        Answer answer;
        int connections;
        int tries = 0;
        do {
            String path = World.path();
            world.upstream.on(
                    path, Behaviour.json("{}"), Behaviour.closesUnanswered(), Behaviour.json("{\"second\":1}"));
            assertThat(ask(kind, "plain", path).status()).isEqualTo(200);
            connections = world.upstream.connections();
            answer = ask(kind, "plain", path);
            // It is in the pool a moment after the client has the answer: an early question gets a connection of its
            // own.
        } while (answer.status() != 200 && world.upstream.connections() > connections && ++tries < 20);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"second\":1}");
    }

    @ParameterizedTest
    @KindSource
    void unknownPathsOfTheAdminListenerAre404(Deployment.Kind kind) {
        Answer answer =
                RawClient.exchange(world.deployment(kind).admin(), "GET /no/such/path HTTP/1.1\r\nHost: a\r\n\r\n");

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text())
                .doesNotContain("Exception")
                .doesNotContain("Tomcat/")
                .doesNotContain("Jetty");
    }

    @ParameterizedTest
    @KindSource
    void headsThatAreTooLongAreRefused(Deployment.Kind kind) {
        URI uri = world.deployment(kind).forward("plain");
        String longTarget = "GET /v1/" + "x".repeat(40_000) + " HTTP/1.1\r\nHost: a\r\n\r\n";
        String longHeader = "GET /v1/x HTTP/1.1\r\nHost: a\r\nX-Long: " + "x".repeat(40_000) + "\r\n\r\n";

        assertThat(RawClient.exchange(uri, longTarget).status()).isIn(400, 414);
        assertThat(RawClient.exchange(uri, longHeader).status()).isIn(400, 431);
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void twoRequestsAtOnceAreAnsweredInOrder(Deployment.Kind kind) {
        world.upstream.on("/one", Behaviour.echo()).on("/two", Behaviour.echo());

        try (RawClient client = RawClient.connect(world.deployment(kind).forward("plain"))) {
            client.send("POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst"
                    + "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecond");
            assertThat(client.answer().text()).isEqualTo("first");
            assertThat(client.answer().text()).isEqualTo("second");
        }
        assertThat(world.upstream.requests())
                .allMatch(UpstreamRequest::complete)
                .hasSize(2);
    }

    @ParameterizedTest
    @KindSource
    void aClientThatEndsItsOutputStillGetsItsAnswer(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.delayed(Duration.ofMillis(300), Behaviour.json("{\"late\":1}")));

        try (RawClient client = RawClient.connect(world.deployment(kind).forward("plain"))) {
            client.send("POST", CHAT, "", QUESTION).endOutput();
            assertThat(client.answer().text()).isEqualTo("{\"late\":1}");
        }
    }
}
