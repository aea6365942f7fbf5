package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;

/** How converted streams end, well or not, and how a client is told that its request is not converted. */
class ConvertedEndsIT {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final Map<Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Kind.class);
    private static final FakeUpstream UPSTREAM = FakeUpstream.start();
    private static final Pattern SEQUENCE = Pattern.compile("\"sequence_number\":(\\d+)");
    private static final Pattern RESPONSE = Pattern.compile("\"response\":\\{\"id\":\"(\\w+)\"");
    private static final Gateway GATEWAY = new Gateway()
            .single("chat", UPSTREAM.url(), "dialect: openai", "http_client: {timeout: {stall: 1s}}", "")
            .single("patient", UPSTREAM.url(), "dialect: openai", "", "")
            .single("poor", UPSTREAM.url(), "dialect: openai", "", "")
            .single("messages", UPSTREAM.url(), "dialect: anthropic", "", "")
            .single("responses", UPSTREAM.url(), "dialect: responses", "", "")
            .single("small", UPSTREAM.url(), "dialect: openai", "", "replay_buffer: 1024");

    private static final String ASKS_MESSAGES =
            "{'model':'m','max_tokens':50,'stream':true,'messages':[{'role':'user','content':'hi'}]}";
    private static final String ASKS_CHAT = "{'model':'m','stream':true,'messages':[{'role':'user','content':'hi'}]}";
    private static final String ASKS_RESPONSES = "{'model':'m','stream':true,'input':'hi'}";
    private static final String ASKS_GEMINI = "{'contents':[{'role':'user','parts':[{'text':'hi'}]}]}";
    private static final String GEMINI = "/v1beta/models/m:streamGenerateContent?alt=sse";

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
        UPSTREAM.close();
    }

    @BeforeEach
    void reset() {
        UPSTREAM.reset();
    }

    private static Answer ask(Kind kind, String forward, String path, String body) {
        Deployment deployment =
                DEPLOYMENTS.computeIfAbsent(kind, missing -> Deployment.start(missing, GATEWAY, "-Xmx128m"));
        return RawClient.exchange(
                deployment.forward(forward, path), "POST", JSON, json(body).getBytes(UTF_8));
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static String chunk(String delta, String reason) {
        return json("data: {'id':'c1','object':'chat.completion.chunk','created':1,'model':'up','choices':[{'index':0,"
                + "'delta':" + delta + ",'finish_reason':" + reason + "}]}\n\n");
    }

    private static String fragment(String arguments) {
        return chunk("{'tool_calls':[{'index':0,'function':{'arguments':'" + arguments + "'}}]}", "null");
    }

    private static List<String> messages(String... events) {
        List<String> written = new ArrayList<>();
        for (String event : events) {
            Matcher type = Pattern.compile("'type':'(\\w+)'").matcher(event);
            assertThat(type.find()).isTrue();
            written.add("event: " + type.group(1) + "\ndata: " + json(event) + "\n\n");
        }
        return written;
    }

    /** Arguments of a call are told to such a client as a whole: until then it hears nothing, while the upstream is at work. */
    @ParameterizedTest
    @KindSource
    void anUpstreamIsNotStalledWhileItSendsWhatTheClientCannotSeeYet(Kind kind) {
        List<String> events = new ArrayList<>();
        events.add(chunk(
                "{'role':'assistant','tool_calls':[{'index':0,'id':'call_1','type':'function','function':"
                        + "{'name':'f','arguments':'{'}}]}",
                "null"));
        for (int count = 0; count < 30; count++) {
            events.add(fragment(" "));
        }
        events.add(fragment("}"));
        events.add(chunk("{}", "'tool_calls'") + "data: [DONE]\n\n");
        UPSTREAM.otherwise(Behaviour.streams(Duration.ofMillis(100), events));

        Answer answer = ask(kind, "chat", GEMINI, ASKS_GEMINI);

        assertThat(answer.text())
                .contains("functionCall", "\"finishReason\":\"STOP\"")
                .doesNotContain("error");
        assertThat(answer.whole()).isTrue();
    }

    @ParameterizedTest
    @KindSource
    void anErrorThatAStreamBeginsWithBecomesAStatus(Kind kind) {
        UPSTREAM.otherwise(Behaviour.streams(
                Duration.ZERO,
                List.of(json("data: {'error':{'message':'This model has a context length of 9 tokens.','type':"
                        + "'invalid_request_error','param':'messages','code':'context_length_exceeded'}}\n\n"))));
        Answer tooLong = ask(kind, "patient", "/v1/messages", ASKS_MESSAGES);
        assertThat(tooLong.status()).as(tooLong.text()).isEqualTo(400);
        assertThat(tooLong.text()).contains("invalid_request_error", "\"prompt is too long: This model has");

        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.streams(
                Duration.ZERO,
                messages("{'type':'error','error':{'type':'overloaded_error','message':'Overloaded, sorry'}}")));
        Answer overloaded = ask(kind, "messages", "/v1/responses", ASKS_RESPONSES);
        assertThat(overloaded.status()).as(overloaded.text()).isEqualTo(503);
        assertThat(overloaded.text()).contains("server_is_overloaded", "Overloaded, sorry");
    }

    @ParameterizedTest
    @KindSource
    void aCutStreamOfResponsesEndsAsThatStream(Kind kind) {
        UPSTREAM.otherwise(Behaviour.closesMidStream(List.of(
                chunk("{'role':'assistant','content':'first'}", "null"), chunk("{'content':'second'}", "null"))));

        String text = ask(kind, "patient", "/v1/responses", ASKS_RESPONSES).text();

        assertThat(text).contains("second", "upstream_reset").doesNotContain("event: error");
        assertThat(text.substring(text.lastIndexOf("event: "))).startsWith("event: response.failed\n");
        List<String> numbers =
                SEQUENCE.matcher(text).results().map(found -> found.group(1)).toList();
        for (int at = 0; at < numbers.size(); at++) {
            assertThat(numbers.get(at)).isEqualTo(Integer.toString(at));
        }
        assertThat(RESPONSE.matcher(text).results().map(found -> found.group(1)).distinct())
                .hasSize(1);
    }

    /** Some servers send neither {@code [DONE]} nor an end of the body. */
    @ParameterizedTest
    @KindSource
    void anAnswerIsWholeWhenTheModelHasStopped(Kind kind) {
        List<String> events = List.of(
                chunk("{'role':'assistant','content':'first'}", "null"), chunk("{'content':'second'}", "'stop'"));
        for (Behaviour ends : List.of(Behaviour.fallsSilent(events), Behaviour.resetsMidStream(events))) {
            UPSTREAM.reset();
            UPSTREAM.otherwise(ends);

            Answer answer = ask(kind, "patient", "/v1/messages", ASKS_MESSAGES);

            assertThat(answer.whole()).isTrue();
            assertThat(answer.text())
                    .as(ends.name())
                    .contains("second", "\"stop_reason\":\"end_turn\"", "event: message_stop")
                    .doesNotContain("error");
        }
    }

    @ParameterizedTest
    @KindSource
    void theHeadTellsTheUpstreamsNameForTheAnswer(Kind kind) {
        UPSTREAM.otherwise(Behaviour.streams(
                Duration.ZERO,
                List.of(
                        chunk("{'role':'assistant','content':'first'}", "null"),
                        chunk("{}", "'stop'") + "data: [DONE]\n\n")));
        Answer streamed = ask(kind, "patient", "/v1/messages", ASKS_MESSAGES);
        assertThat(streamed.header("x-llmproxy-upstream-id")).isEqualTo("c1");
        assertThat(streamed.header("Content-Type").replace(" ", ""))
                .isEqualToIgnoringCase("text/event-stream;charset=utf-8");
        assertThat(streamed.header("Cache-Control")).isEqualTo("no-cache");
        assertThat(streamed.text()).contains("first", "message_stop");

        UPSTREAM.reset();
        UPSTREAM.otherwise(
                Behaviour.json(json("{'id':'c2','object':'chat.completion','created':1,'model':'up','choices':"
                        + "[{'index':0,'message':{'role':'assistant','content':'hello'},'finish_reason':'stop'}]}")));
        Answer whole = ask(kind, "patient", "/v1/messages", ASKS_MESSAGES.replace("'stream':true,", ""));
        assertThat(whole.header("x-llmproxy-upstream-id")).isEqualTo("c2");
    }

    @ParameterizedTest
    @KindSource
    void aQuotaThatIsUsedUpIsNotWorthAskingAgain(Kind kind) {
        UPSTREAM.otherwise(Behaviour.status(
                429,
                JSON,
                json("{'error':{'message':'Pay','type':'insufficient_quota','code':'insufficient_quota'}}")));

        Answer answer = ask(kind, "poor", "/v1/messages", ASKS_MESSAGES);

        assertThat(answer.status()).isEqualTo(402);
        assertThat(answer.text()).contains("billing_error");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
    }

    @ParameterizedTest
    @KindSource
    void whatAnUpstreamCannotBeToldIsNamed(Kind kind) {
        Answer refused = ask(kind, "messages", "/v1/chat/completions", ASKS_CHAT.replace("'stream'", "'n':2,'stream'"));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text())
                .contains(json("'type':'invalid_request_error','param':'n','code':'unsupported_by_upstream'"));
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("unsupported_by_upstream");

        Answer invalid = ask(kind, "messages", "/v1/chat/completions", ASKS_CHAT.replace("'hi'", "7"));
        assertThat(invalid.status()).isEqualTo(400);
        assertThat(invalid.text()).contains(json("'param':'messages[0].content','code':'invalid_request'"));
        assertThat(UPSTREAM.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aBodyThatIsTooLargeToBeConvertedIsRefusedAsThat(Kind kind) {
        Answer refused = ask(kind, "small", "/v1/messages", ASKS_MESSAGES.replace("hi", "x".repeat(2_000_000)));

        assertThat(refused.status()).as(refused.text()).isEqualTo(413);
        assertThat(refused.text()).contains("request_too_large", "replay_buffer");
    }
}
