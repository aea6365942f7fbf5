package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What upstreams say in their bodies of a key, and not by a status or a header. */
class ToldErrorsIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GENERATE = "/v1beta/models/m:generateContent";
    private static final String TOLD = "told by the upstream";
    private static final String ASKS = "{'model':'m','max_tokens':50,'messages':[{'role':'user','content':'hi'}]%s}";
    private static final String ASKS_GEMINI = "{'contents':[{'role':'user','parts':[{'text':'hi'}]}]}";
    private static final String WITH_BREAKER = "dialect: openai, auth: {type: bearer, token: key-a}, "
            + "breaker: {threshold: 0.5, window: 4, cooldown: 600s}";
    private static final String FINE =
            "{'id':'c1','object':'chat.completion','created':1,'model':'m','choices':[{'index':0,"
                    + "'message':{'role':'assistant','content':'hi'},'finish_reason':'stop'}]}";
    private static final List<String> FINE_STREAM = List.of(
            json("data: {'id':'c1','object':'chat.completion.chunk','created':1,'model':'m','choices':[{'index':0,"
                    + "'delta':{'role':'assistant','content':'hi'},'finish_reason':'stop'}]}\n\n"),
            "data: [DONE]\n\n");
    private static final String FINE_GEMINI =
            "{'candidates':[{'content':{'role':'model','parts':[{'text':'hi'}]},'finishReason':'STOP'}]}";
    private static final String EXHAUSTED = "{'error':{'code':429,'status':'RESOURCE_EXHAUSTED','message':'" + TOLD
            + "','details':[{'@type':" + "'type.googleapis.com/google.rpc.RetryInfo','retryDelay':'500.5s'}]}}";

    private static final Map<String, Door> DOORS = new HashMap<>();
    private static Deployment deployment;

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    /** An upstream that finds fault with one of its two keys. */
    private static final class Door {
        final FakeUpstream server = FakeUpstream.start();

        Door(Behaviour fault, Behaviour fine) {
            server.otherwise(new Behaviour("looks at the key", conversation -> {
                boolean bad = conversation
                        .request()
                        .head()
                        .value("Authorization")
                        .orElse("")
                        .equals("Bearer key-a");
                (bad ? fault : fine).script().play(conversation);
            }));
        }

        long asked() {
            return server.requests().stream()
                    .filter(request ->
                            request.head().value("Authorization").orElse("").equals("Bearer key-a"))
                    .count();
        }
    }

    @BeforeAll
    static void start() {
        Gateway gateway = new Gateway();
        String both = "auth: {type: bearer, keys: [{key: key-a}, {key: key-b}]}, rate_limited: {otherwise: %s}";
        for (int status : List.of(401, 429)) {
            String error = json("{'error':{'message':'" + TOLD + "','code':" + status + "}}");
            for (String way : List.of("passed", "converted")) {
                String settings = "dialect: openai, " + both.formatted("600s");
                add(
                        gateway,
                        way + "-whole-" + status,
                        new Door(Behaviour.json(error), Behaviour.json(json(FINE))),
                        settings);
                add(
                        gateway,
                        way + "-stream-" + status,
                        new Door(
                                Behaviour.streams(Duration.ZERO, List.of("data: " + error + "\n\n")),
                                Behaviour.streams(Duration.ZERO, FINE_STREAM)),
                        settings);
            }
        }
        String bad = json("{'error':{'message':'" + TOLD + "','code':400}}");
        add(gateway, "bad-whole", new Door(Behaviour.json(bad), Behaviour.json(bad)), WITH_BREAKER);
        add(
                gateway,
                "bad-stream",
                new Door(
                        Behaviour.streams(Duration.ZERO, List.of("data: " + bad + "\n\n")),
                        Behaviour.streams(Duration.ZERO, FINE_STREAM)),
                WITH_BREAKER);
        add(
                gateway,
                "file",
                new Door(
                        Behaviour.json(json("{'error':{'message':'" + TOLD + "','code':401}}")),
                        Behaviour.json(json(FINE))),
                WITH_BREAKER);
        for (String way : List.of("passed", "converted")) {
            Behaviour exhausted = Behaviour.status(429, "Content-Type: application/json\r\n", json(EXHAUSTED));
            add(
                    gateway,
                    "gemini-" + way,
                    new Door(exhausted, Behaviour.json(json(FINE_GEMINI))),
                    "dialect: gemini, " + both.formatted("10ms"));
            add(
                    gateway,
                    "gemini-alone-" + way,
                    new Door(exhausted, Behaviour.json(json(FINE_GEMINI))),
                    "dialect: gemini, auth: {type: bearer, token: key-a}, rate_limited: {otherwise: 10ms}");
        }
        deployment = Deployment.start(Kind.LAUNCHER, gateway, "-Xmx128m");
    }

    private static void add(Gateway gateway, String name, Door door, String settings) {
        DOORS.put(name, door);
        gateway.single(name, door.server.url(), settings, "", "");
    }

    @AfterAll
    static void stop() {
        deployment.close();
        DOORS.values().forEach(door -> door.server.close());
    }

    private static Answer ask(String name, String path, String body) {
        return RawClient.exchange(
                deployment.forward(name, path),
                "POST",
                "Content-Type: application/json\r\n",
                json(body).getBytes(UTF_8));
    }

    private static Door door(String name) {
        return Objects.requireNonNull(DOORS.get(name));
    }

    @ParameterizedTest
    @CsvSource({"passed, stream", "converted, whole", "converted, stream"})
    void anErrorThatIsToldWithAGoodStatusSetsTheKeyAside(String way, String form) {
        String body = ASKS.formatted(form.equals("stream") ? ",'stream':true" : "");
        for (int status : List.of(401, 429)) {
            String name = way + "-" + form + "-" + status;
            for (int i = 0; i < 6; i++) {
                Answer answer = ask(name, way.equals("passed") ? CHAT : MESSAGES, body);
                assertThat(answer.status()).as(name + answer).isEqualTo(200);
                assertThat(answer.text()).as(name).contains("hi").doesNotContain("error", TOLD);
            }
            assertThat(door(name).asked()).as(name).isEqualTo(1);
        }
    }

    /** It is on its way to the client before it is known. */
    @ParameterizedTest
    @ValueSource(ints = {401, 429})
    void ofAWholeAnswerThatIsNotConvertedTheNextRequestsProfit(int status) {
        String name = "passed-whole-" + status;
        int errors = 0;
        for (int i = 0; i < 6; i++) {
            Answer answer = ask(name, CHAT, ASKS.formatted(""));
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            errors += answer.text().contains(TOLD) ? 1 : 0;
        }
        assertThat(errors).isEqualTo(1);
        assertThat(door(name).asked()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"whole", "stream"})
    void whatClientsDoWrongOpensNoBreaker(String form) {
        String body = ASKS.formatted(form.equals("stream") ? ",'stream':true" : "");
        for (int i = 0; i < 10; i++) {
            Answer answer = ask("bad-" + form, CHAT, body);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            assertThat(answer.text()).contains(TOLD);
        }
    }

    /** It says nothing of the key, and nothing of the upstream. */
    @Test
    void aFileThatLooksLikeAnErrorIsAFile() {
        for (int i = 0; i < 10; i++) {
            Answer answer =
                    RawClient.exchange(deployment.forward("file", "/v1/files/file-1/content"), "GET", "", new byte[0]);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            assertThat(answer.text()).contains(TOLD);
        }
    }

    @ParameterizedTest
    @CsvSource({"passed, " + GENERATE, "converted, " + CHAT})
    void aKeyCoolsDownAsLongAsGoogleSaysAlsoIfAnotherOneServes(String way, String path) {
        String name = "gemini-" + way;
        String body = way.equals("passed") ? ASKS_GEMINI : ASKS.formatted("");
        Awaitility.await().until(() -> {
            long before = door(name).asked();
            for (int i = 0; i < 4; i++) {
                Answer answer = ask(name, path, body);
                assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            }
            return before > 0 && door(name).asked() == before;
        });
    }

    @ParameterizedTest
    @CsvSource({"passed, " + GENERATE, "converted, " + CHAT})
    void andIfTheClientGetsTheAnswer(String way, String path) {
        String name = "gemini-alone-" + way;
        String body = way.equals("passed") ? ASKS_GEMINI : ASKS.formatted("");
        Answer first = ask(name, path, body);
        assertThat(first.status()).as(first.toString()).isEqualTo(429);
        assertThat(first.text()).contains(TOLD);
        Answer next = ask(name, path, body);
        assertThat(next.status()).as(next.toString()).isEqualTo(429);
        assertThat(next.header("X-LLMProxy-Error")).isEqualTo("upstream_rate_limited");
        assertThat(Integer.parseInt(next.header("Retry-After"))).isBetween(300, 501);
        assertThat(door(name).asked()).isEqualTo(1);
    }
}
