package io.llmproxy.proxy.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.Line;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.LockStep;
import io.llmproxy.usage.Count;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an exchange, from its body to its end. Upstreams are real; the client and its container are not. */
final class ForwardingTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BOTH = "upstreams: [{name: a}, {name: b}], balance: {strategy: failover}";
    private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAM = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    private static final Behaviour GOOD = Behaviour.json("{\"ok\":true}");
    private static final List<String> EVENTS = List.of(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n");

    private static final String USAGE =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}\n\n";

    private final FakeUpstream a = FakeUpstream.start();
    private final FakeUpstream b = FakeUpstream.start();
    private final List<String> decisions = new CopyOnWriteArrayList<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final List<String> ends = new CopyOnWriteArrayList<>();
    private final List<String> settled = new CopyOnWriteArrayList<>();
    private final ExchangeListener listener = new ExchangeListener() {
        @Override
        public void retried(Exchange exchange, Verdict why) {
            decisions.add(why.word());
        }

        @Override
        public void shed(Exchange exchange, Shed because) {
            decisions.add(because.name());
        }

        @Override
        public void queued(Exchange exchange, Line line) {
            lines.add("+" + line.label());
        }

        @Override
        public void unqueued(Exchange exchange, Line line, long nanos) {
            lines.add("-" + line.label());
        }

        @Override
        public void settled(Exchange exchange, SettledAttempt attempt) {
            settled.add(attempt.ending() + " " + attempt.usage().source().label() + " "
                    + attempt.usage().usage().get(Count.OUTPUT, 0));
        }

        @Override
        public void ended(Exchange exchange) {
            ends.add(exchange.outcome() + " " + exchange.status() + " " + exchange.upstream() + " "
                    + exchange.attempts());
        }
    };
    private Entrance entrance = open("", BOTH);

    private Entrance open(String forward, String group) {
        return open(forward, "", group);
    }

    private Entrance open(String forward, String upstream, String group) {
        String upstreams =
                "{name: a, url: '%s' %s}, {name: b, url: '%s' %s}".formatted(a.url(), upstream, b.url(), upstream);
        return new Entrance(forward, upstreams, group, listener);
    }

    private void reopen(String forward, String upstream, String group) {
        entrance.close();
        entrance = open(forward, upstream, group);
    }

    @AfterEach
    void stop() {
        entrance.close();
        a.close();
        b.close();
    }

    private FakeClient ask(FakeClient client) throws IOException, ServletException {
        entrance.forward(client);
        return client;
    }

    private FakeClient chat(String body) throws IOException, ServletException {
        return ask(FakeClient.of("POST", CHAT).sending(body));
    }

    private FakeClient answered(String body) throws IOException, ServletException, InterruptedException {
        return chat(body).await();
    }

    /** Lets the time pass as soon as an upstream has the request. */
    private void afterwards(FakeUpstream upstream, Duration time) {
        Awaitility.await().until(() -> !upstream.requests(CHAT).isEmpty());
        entrance.after(time);
    }

    private void assertEnded(String end, String... decided) {
        Awaitility.await().untilAsserted(() -> assertThat(ends).containsExactly(end));
        assertThat(decisions).containsExactly(decided);
    }

    @ParameterizedTest
    @CsvSource({
        "'',                /v1/models,       '\"m\",\"n\"'",
        "'model_prefix: p', /v1/models,       '\"p/m\",\"p/n\"'",
        "'',                /v1beta/models,   '\"models/m\",\"models/n\"'",
        "'',                /v1/models/m,     '\"m\"'",
        "'model_prefix: p', /v1/models/p/n,   '\"p/n\"'",
    })
    void theModelsOfTheConfigurationAreTold(String forward, String path, String told) throws Exception {
        reopen(forward, ", models: [m, n]", BOTH);

        FakeClient answered = ask(FakeClient.of("GET", path));

        assertThat(answered.status()).as(answered.body()).isEqualTo(200);
        assertThat(answered.body()).contains(told.split(","));
        assertThat(a.requests()).isEmpty();
    }

    @Test
    void aModelOfNoUpstreamIsNotFound() throws Exception {
        reopen("", ", models: [m, 'any-*']", BOTH);

        assertThat(ask(FakeClient.of("GET", "/v1/models/other")).status()).isEqualTo(404);
        assertThat(ask(FakeClient.of("GET", "/v1/models/any-one")).status()).isEqualTo(200);
        assertThat(a.requests()).isEmpty();
    }

    @Test
    void aListThatNoUpstreamRestrictsIsPassedOn() throws Exception {
        a.on("/v1/models", GOOD);

        assertThat(ask(FakeClient.of("GET", "/v1/models")).await().body()).isEqualTo("{\"ok\":true}");
    }

    @Test
    void anAnswerPassesAsItCame() throws Exception {
        a.on(
                CHAT,
                Behaviour.status(
                        200, "Content-Type: application/json\r\nX-One: 1\r\nX-LLMProxy-Odd: 1\r\n", "{\"ok\":1}"));

        FakeClient client = answered(BODY);

        assertThat(client.status()).isEqualTo(200);
        assertThat(client.body()).isEqualTo("{\"ok\":1}");
        assertThat(client.header("X-One")).isEqualTo("1");
        assertThat(client.header("X-LLMProxy-Odd")).isNull();
        assertEnded("COMPLETED 200 a 1");
    }

    @Test
    void aStreamPassesAsItCame() throws Exception {
        a.on(CHAT, Behaviour.streams(Duration.ZERO, EVENTS));

        FakeClient client = answered(STREAM);

        assertThat(client.body()).isEqualTo(String.join("", EVENTS));
        assertThat(client.header("X-Accel-Buffering")).isEqualTo("no");
        assertEnded("COMPLETED 200 a 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503, 504, 529})
    void anUpstreamThatFailsIsReplacedByAnother(int status) throws Exception {
        a.on(CHAT, Behaviour.status(status, "", "no"));
        b.on(CHAT, GOOD);

        assertThat(answered(BODY).status()).isEqualTo(200);

        assertEnded("COMPLETED 200 b 2", "upstream_failed");
    }

    @Test
    void aFinalAnswerIsPassedOn() throws Exception {
        a.on(CHAT, Behaviour.status(400, "Content-Type: application/json\r\n", "{\"error\":1}"));

        FakeClient client = answered(BODY);

        assertThat(client.body()).isEqualTo("{\"error\":1}");
        assertEnded("COMPLETED 400 a 1", "final_answer");
    }

    @Test
    void theLastErrorIsPassedOnWithAdviceNotToRetry() throws Exception {
        a.on(CHAT, Behaviour.status(503, "", "no"));
        b.on(CHAT, Behaviour.status(503, "", "not either"));

        FakeClient client = answered(BODY);

        assertThat(client.body()).isEqualTo("not either");
        assertThat(client.header("x-should-retry")).isEqualTo("false");
        assertEnded("COMPLETED 503 b 2", "upstream_failed", "no_other_upstream");
    }

    @Test
    void anUpstreamThatIsNotThereIsReplacedByAnother() throws Exception {
        entrance.close();
        entrance = new Entrance(
                "", "{name: a, url: 'http://127.0.0.1:1'}, {name: b, url: '%s'}".formatted(b.url()), BOTH, listener);
        b.on(CHAT, GOOD);

        assertThat(answered(BODY).status()).isEqualTo(200);

        assertEnded("COMPLETED 200 b 2", "not_worked_on");
    }

    @Test
    void aConnectionThatDiesUnderAPostIsAnError() throws Exception {
        a.on(CHAT, Behaviour.resets());

        FakeClient client = answered(BODY);

        assertThat(client.status()).isEqualTo(502);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("upstream_reset");
        assertEnded("REFUSED 502 a 1", "may_be_worked_on");
    }

    @Test
    void aConnectionThatDiesUnderAGetIsHarmless() throws Exception {
        a.on("/v1/files", Behaviour.resets());
        b.on("/v1/files", GOOD);

        assertThat(ask(FakeClient.of("GET", "/v1/files").with("Content-Length", "0"))
                        .await()
                        .status())
                .isEqualTo(200);

        assertEnded("COMPLETED 200 b 2", "harmless");
    }

    @Test
    void aStreamThatSaysNothingButAnErrorIsReplacedByAnother() throws Exception {
        a.on(
                CHAT,
                Behaviour.streams(
                        Duration.ZERO,
                        List.of(
                                "data: {\"error\":{\"code\":503,\"type\":\"overloaded_error\",\"message\":\"no\"}}\n\n")));
        b.on(CHAT, Behaviour.streams(Duration.ZERO, EVENTS));

        assertThat(answered(STREAM).body()).isEqualTo(String.join("", EVENTS));

        assertEnded("COMPLETED 200 b 2", "upstream_failed");
    }

    @Test
    void aStreamThatBreaksOffIsCutAndNotSentAgain() throws Exception {
        a.on(CHAT, Behaviour.closesMidStream(EVENTS.subList(0, 1)));

        FakeClient client = answered(STREAM);

        assertThat(client.body()).startsWith(EVENTS.get(0)).contains("error").doesNotContain("[DONE]");
        assertEnded("CUT 200 a 1", "committed");
    }

    @Test
    void anAnswerThatBreaksOffBreaksTheConnection() throws Exception {
        a.on(CHAT, Behaviour.statesTooMuch("{\"ok\":"));

        assertThat(answered(BODY).isBroken()).isTrue();

        assertEnded("CUT 200 a 1", "committed");
    }

    @Test
    void aPlainAnswerThatIsLateIsAnError() throws Exception {
        a.on(CHAT, Behaviour.hangs());
        FakeClient client = chat(BODY);

        afterwards(a, Duration.ofMinutes(6));

        assertThat(client.await().status()).isEqualTo(504);
        assertEnded("REFUSED 504 a 1", "may_be_worked_on");
    }

    @Test
    void aStreamThatDoesNotBeginIsReplacedByAnother() throws Exception {
        a.on(CHAT, Behaviour.hangs());
        b.on(CHAT, Behaviour.streams(Duration.ZERO, EVENTS));
        FakeClient client = chat(STREAM);

        afterwards(a, Duration.ofSeconds(61));

        assertThat(client.await().body()).endsWith("[DONE]\n\n");
        assertEnded("COMPLETED 200 b 2", "silent_stream");
    }

    @Test
    void aStreamThatStallsIsCut() throws Exception {
        a.on(CHAT, Behaviour.fallsSilent(EVENTS.subList(0, 1)));
        FakeClient client = chat(STREAM);
        Awaitility.await().until(() -> !client.body().isEmpty());

        entrance.after(Duration.ofHours(1));

        assertThat(client.await().body()).contains("upstream_stalled");
        assertEnded("CUT 200 a 1", "committed");
    }

    @Test
    void aKeyThatIsRefusedIsReplacedByThatOfAnotherUpstream() throws Exception {
        reopen("", ", auth: {type: bearer, token: secret}", BOTH);
        a.on(CHAT, Behaviour.status(401, "", "who?"));
        b.on(CHAT, GOOD);

        assertThat(answered(BODY).status()).isEqualTo(200);

        assertThat(b.requests(CHAT).get(0).head().value("Authorization")).contains("Bearer secret");
        assertEnded("COMPLETED 200 b 2", "key_refused");
    }

    @Test
    void keysThatAreAllRefusedAreTheGatewaysFault() throws Exception {
        reopen("", ", auth: {type: bearer, token: secret}", BOTH);
        a.on(CHAT, Behaviour.status(401, "", "who?"));
        b.on(CHAT, Behaviour.status(403, "", "who?"));

        FakeClient client = answered(BODY);

        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("upstream_auth_error");
        assertEnded("REFUSED 502 b 2", "key_refused", "no_other_upstream");
    }

    @Test
    void aRoundBeginsAfterAPause() throws Exception {
        reopen("", "", BOTH + ", http_client: {timeout: {connect: 2m}, retry: {attempts: 3, initial: 100ms}}");
        a.on(CHAT, Behaviour.status(503, "", "no"), GOOD);
        b.on(CHAT, Behaviour.status(503, "", "no"));
        FakeClient client = chat(BODY);
        Awaitility.await().until(() -> decisions.size() == 2);
        assertThat(client.isWaiting()).isTrue();

        Awaitility.await().until(() -> {
            entrance.after(Duration.ofSeconds(31));
            return !client.isWaiting();
        });

        assertThat(client.status()).isEqualTo(200);
        assertEnded("COMPLETED 200 a 3", "upstream_failed", "upstream_failed");
    }

    @Test
    void aClientThatLeavesDuringAPauseEndsTheExchange() throws Exception {
        reopen("", "", BOTH + ", http_client: {retry: {attempts: 3, initial: 10s}}");
        a.on(CHAT, Behaviour.status(503, "", "no"));
        b.on(CHAT, Behaviour.status(503, "", "no"));
        FakeClient client = chat(BODY);
        Awaitility.await().until(() -> decisions.size() == 2);

        client.leave();

        assertEnded("CLIENT_GONE 499 b 2", "upstream_failed", "upstream_failed");
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerEndsTheAttempt() throws Exception {
        a.on(CHAT, Behaviour.hangs());
        FakeClient client = chat(BODY);
        Awaitility.await().until(() -> !a.requests(CHAT).isEmpty());

        client.leave();

        assertEnded("CLIENT_GONE 499 a 1", "client_gone");
    }

    private FakeClient leavesAtTheEnd(LockStep steps, List<String> events) throws Exception {
        a.on(CHAT, Behaviour.lockStep(steps, events));
        FakeClient client = chat(STREAM);
        Awaitility.await().until(() -> client.body().contains("hi"));
        steps.next();
        Awaitility.await().until(() -> client.body().contains("stop"));
        client.leave();
        assertThat(client.isWaiting()).isFalse();
        assertThat(ends).isEmpty();
        return client;
    }

    private static List<String> ending(String... events) {
        return Stream.concat(EVENTS.subList(0, 2).stream(), Stream.of(events)).toList();
    }

    @Test
    void usageIsReadThoughTheClientLeavesJustBefore() throws Exception {
        LockStep steps = new LockStep();
        leavesAtTheEnd(steps, ending(USAGE, "data: [DONE]\n\n"));

        steps.finish();

        assertEnded("CLIENT_GONE 200 a 1");
        assertThat(settled).containsExactly("COMPLETED reported 5");
    }

    @Test
    void noMoreIsReadForAClientThatHasLeftThanUsageTakes() throws Exception {
        LockStep steps = new LockStep();
        // More than lies in the buffers of a connection.
        leavesAtTheEnd(steps, ending(": nothing\n\n".repeat(1_000_000), USAGE));

        steps.finish();

        assertEnded("CLIENT_GONE 200 a 1");
        assertThat(settled).singleElement().asString().startsWith("CLIENT_GONE estimated");
        assertThat(a.requests(CHAT).get(0).awaitAborted(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void nobodyWaitsLongForUsageThatDoesNotCome() throws Exception {
        leavesAtTheEnd(new LockStep(), ending(USAGE));

        entrance.after(Duration.ZERO);
        assertThat(ends).isEmpty();
        entrance.after(Duration.ofSeconds(1));

        assertEnded("CLIENT_GONE 200 a 1");
        assertThat(settled).singleElement().asString().startsWith("CLIENT_GONE estimated");
        assertThat(a.requests(CHAT).get(0).awaitAborted(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void anAnswerIsReadToItsEndForNobodyWhereThatIsAskedFor() throws Exception {
        reopen("on_client_gone: drain, drain_timeout: 10s", "", BOTH);
        LockStep steps = new LockStep();
        a.on(CHAT, Behaviour.lockStep(steps, ending(": nothing\n\n".repeat(7000), USAGE)));
        FakeClient client = chat(STREAM);
        Awaitility.await().until(() -> client.body().contains("hi"));
        client.leave();
        entrance.after(Duration.ofSeconds(5));
        assertThat(ends).isEmpty();

        steps.finish();

        assertEnded("CLIENT_GONE 200 a 1");
        assertThat(settled).containsExactly("COMPLETED reported 5");
    }

    @Test
    void anAnswerIsReadOnForSoLongOnly() throws Exception {
        reopen("on_client_gone: drain, drain_timeout: 10s", "", BOTH);
        a.on(CHAT, Behaviour.lockStep(new LockStep(), EVENTS));
        FakeClient client = chat(STREAM);
        Awaitility.await().until(() -> client.body().contains("hi"));
        client.leave();

        entrance.after(Duration.ofSeconds(11));

        assertEnded("CLIENT_GONE 200 a 1");
        assertThat(settled).singleElement().asString().startsWith("CLIENT_GONE estimated");
    }

    @Test
    void afterTheLastWordThereIsLittleToReadAlsoWhereAllIsRead() throws Exception {
        reopen("on_client_gone: drain, drain_timeout: 10s", "", BOTH);
        leavesAtTheEnd(new LockStep(), ending(USAGE));

        entrance.after(Duration.ofSeconds(1));

        assertEnded("CLIENT_GONE 200 a 1");
    }

    @Test
    void anUpstreamMayNotBeSilentForLongerWhenNobodyListens() throws Exception {
        reopen("on_client_gone: drain, drain_timeout: 1h", "", BOTH + ", http_client: {timeout: {stall: 20s}}");
        a.on(CHAT, Behaviour.lockStep(new LockStep(), EVENTS));
        FakeClient client = chat(STREAM);
        Awaitility.await().until(() -> client.body().contains("hi"));
        client.leave();

        entrance.after(Duration.ofSeconds(21));

        assertEnded("CLIENT_GONE 200 a 1");
    }

    @Test
    void nothingIsReadOnThatTellsNoUsage() throws Exception {
        reopen("on_client_gone: drain", "", BOTH);
        a.on("/v1/files/f/content", Behaviour.lockStep(new LockStep(), EVENTS));
        FakeClient client = ask(FakeClient.of("GET", "/v1/files/f/content").with("Content-Length", "0"));
        Awaitility.await().until(() -> client.body().contains("hi"));

        client.leave();

        assertEnded("CLIENT_GONE 200 a 1");
    }

    @Test
    void usageThatIsKnownIsNotWaitedFor() throws Exception {
        LockStep steps = new LockStep();
        a.on(CHAT, Behaviour.lockStep(steps, List.of(EVENTS.get(0), EVENTS.get(1) + USAGE, EVENTS.get(2))));
        FakeClient client = chat(STREAM);
        steps.next();
        Awaitility.await().until(() -> client.body().contains("total_tokens"));

        client.leave();

        assertEnded("CLIENT_GONE 200 a 1");
        assertThat(settled).containsExactly("CLIENT_GONE reported 5");
    }

    /** The gateway's own error is on its way to a client that does not take it. */
    private FakeClient refusedInVain() throws Exception {
        a.on(CHAT, Behaviour.resets());
        FakeClient client = ask(FakeClient.of("POST", CHAT).sending(BODY).takingNothing());
        Awaitility.await().until(() -> client.header("X-LLMProxy-Error") != null);
        assertThat(ends).isEmpty();
        return client;
    }

    @Test
    void anErrorIsNotOfferedForEver() throws Exception {
        FakeClient client = refusedInVain();

        Awaitility.await().until(() -> {
            entrance.after(Duration.ofMinutes(10));
            return !client.isWaiting();
        });

        assertThat(client.isBroken()).isTrue();
        assertThat(ends).hasSize(1);
    }

    @Test
    void aClientThatLeavesInsteadOfTakingAnErrorEndsTheExchange() throws Exception {
        refusedInVain().leave();

        assertEnded("CLIENT_GONE 502 a 1", "may_be_worked_on");
    }

    @Test
    void anUpstreamThatDiesBeforeItTellsUsageEndsTheExchange() throws Exception {
        LockStep steps = new LockStep();
        leavesAtTheEnd(steps, ending(USAGE));

        a.dropConnections();

        assertEnded("CLIENT_GONE 200 a 1");
        assertThat(settled).singleElement().asString().startsWith("CLIENT_GONE estimated");
    }

    @Test
    void upstreamsThatAreAllCoolingDownAreTold() throws Exception {
        a.on(CHAT, Behaviour.status(429, "Retry-After: 40\r\n", "no"));
        b.on(CHAT, Behaviour.status(429, "Retry-After: 20\r\n", "no"));
        FakeClient first = answered(BODY);
        assertThat(first.status()).isEqualTo(429);
        assertThat(first.header("Retry-After")).isEqualTo("20");

        FakeClient second = answered(BODY);

        assertThat(second.header("X-LLMProxy-Error")).isEqualTo("upstream_rate_limited");
        assertThat(second.header("Retry-After")).isEqualTo("20");
    }

    @Test
    void aRequestWaitsForABusyUpstreamInLine() throws Exception {
        reopen("", ", max_concurrent: 1, max_queued: 1", "upstreams: [{name: a}]");
        a.on(CHAT, Behaviour.hangs());
        FakeClient first = chat(BODY);
        Awaitility.await().until(() -> !a.requests(CHAT).isEmpty());
        FakeClient second = chat(BODY);
        assertThat(second.isWaiting()).isTrue();

        FakeClient third = answered(BODY);
        assertThat(third.status()).isEqualTo(503);
        assertThat(decisions).containsExactly("QUEUE_FULL");
        assertThat(lines).containsExactly("+upstream");
        a.on(CHAT, GOOD);
        first.leave();

        assertThat(second.await().status()).isEqualTo(200);
        assertThat(lines).containsExactly("+upstream", "-upstream");
    }

    @Test
    void aClientThatLeavesTheLineOfAnUpstreamWaitsNoMore() throws Exception {
        reopen("", ", max_concurrent: 1, max_queued: 1", "upstreams: [{name: a}]");
        a.on(CHAT, Behaviour.hangs());
        FakeClient first = chat(BODY);
        Awaitility.await().until(() -> !a.requests(CHAT).isEmpty());
        FakeClient second = chat(BODY);

        second.leave();

        assertThat(lines).containsExactly("+upstream", "-upstream");
        first.leave();
    }

    @Test
    void aRequestThatFindsAPlaceFreeStandsInNoLine() throws Exception {
        reopen("max_concurrent: 1, queue_timeout: 5", "", BOTH);
        a.on(CHAT, GOOD);

        assertThat(answered(BODY).status()).isEqualTo(200);

        assertThat(lines).isEmpty();
    }

    @Test
    void aRequestThatWaitsTooLongInLineIsTurnedAway() throws Exception {
        reopen("max_concurrent: 1, queue_timeout: 5", "", BOTH);
        a.on(CHAT, Behaviour.hangs());
        FakeClient first = chat(BODY);
        FakeClient second = chat(BODY);

        entrance.after(Duration.ofSeconds(6));

        assertThat(second.await().status()).isEqualTo(503);
        assertThat(decisions).containsExactly("QUEUE_TIMEOUT");
        assertThat(lines).containsExactly("+forward", "-forward");
        first.leave();
    }

    @Test
    void aBodyThatIsTooLargeToBeKeptFlowsAndIsSentOnce() throws Exception {
        reopen("replay_buffer: 1KiB", "", BOTH);
        String body = "{\"model\":\"m\",\"pad\":\"" + "x".repeat(300_000) + "\"}";
        a.on(CHAT, Behaviour.echo());
        assertThat(answered(body).body()).isEqualTo(body);
        a.on(CHAT, Behaviour.status(503, "", "no"));

        assertThat(answered(body).status()).isEqualTo(503);

        assertThat(decisions).containsExactly("body_not_kept");
        assertThat(b.requests(CHAT)).isEmpty();
    }

    @Test
    void aBodyThatBreaksOffIsRefused() throws Exception {
        FakeClient client = ask(FakeClient.of("POST", CHAT).sendingBut(5, BODY));
        assertThat(client.isWaiting()).isTrue();

        client.breakOffBody(new IOException("gone"));

        assertThat(client.await().header("X-LLMProxy-Error")).isEqualTo("invalid_request");
        assertEnded("REFUSED 400 null 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 200})
    void aBodyThatDoesNotComeIsRefusedInTime(int missing) throws Exception {
        reopen("replay_buffer: 1KiB", "", BOTH + ", http_client: {timeout: {connect: 2m}}");
        a.on(CHAT, Behaviour.hangs());
        String body = "{\"model\":\"m\",\"pad\":\"" + "x".repeat(missing * 10) + "\"}";
        FakeClient client = ask(FakeClient.of("POST", CHAT).sendingBut(missing, body));

        Awaitility.await().until(() -> {
            entrance.after(Duration.ofSeconds(70));
            return !client.isWaiting();
        });

        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("request_timeout");
    }

    @Test
    void aModelGoesToTheUpstreamThatServesItUnderItsOwnName() throws Exception {
        entrance.close();
        entrance = new Entrance(
                "",
                "{name: a, url: '%s', models: [other]}, {name: b, url: '%s', models: {m: theirs}}"
                        .formatted(a.url(), b.url()),
                BOTH,
                listener);
        b.on(CHAT, Behaviour.echo());

        assertThat(answered(BODY).status()).isEqualTo(200);
        assertThat(new String(b.requests(CHAT).get(0).body(), UTF_8)).contains("\"model\":\"theirs\"");

        FakeClient unknown = answered("{\"model\":\"unknown\"}");
        assertThat(unknown.header("X-LLMProxy-Error")).isEqualTo("model_not_found");
    }

    @Test
    void aStopEndsWhatIsOpen() throws Exception {
        a.on(CHAT, Behaviour.hangs());
        FakeClient client = chat(BODY);
        Awaitility.await().until(() -> !a.requests(CHAT).isEmpty());

        assertThat(entrance.drain()).isEqualTo(1);

        assertThat(client.await().header("X-LLMProxy-Error")).isEqualTo("shutting_down");
        assertEnded("REFUSED 503 a 1", "not_the_upstream");
    }

    @ParameterizedTest
    @CsvSource({"max_body: 1KiB, 413", "max_body: 1MiB, 200"})
    void aBodyOverTheLimitIsRefusedByItsStatedLength(String forward, int status) throws Exception {
        reopen(forward, "", BOTH);
        a.on(CHAT, GOOD);
        FakeClient client = FakeClient.of("POST", CHAT).sending("{\"model\":\"" + "m".repeat(2000) + "\"}");

        ask(client);
        Awaitility.await().until(() -> !ends.isEmpty());

        assertThat(client.status()).isEqualTo(status);
    }
}
