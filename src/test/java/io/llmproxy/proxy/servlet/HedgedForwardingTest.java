package io.llmproxy.proxy.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.BodyLog;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.HedgeResult;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a stream and its hedge. Upstreams are real, and answer when they may; the client and its container are not. */
final class HedgedForwardingTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String STREAM = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    private static final String PLAIN = "{\"model\":\"m\",\"messages\":[]}";
    private static final String BOTH = "upstreams: [{name: a}, {name: b}], balance: {strategy: failover}";
    private static final String LEARNED = ", hedge: {after: p50, samples: 10, floor: 50ms}";
    private static final Duration COMMIT_DELAY = Duration.ofSeconds(3);
    private static final Duration AFTER = Duration.ofMillis(50);
    private static final Duration SLOW = Duration.ofMillis(300);
    private static final Duration TOO_LATE = Duration.ofHours(1);
    private static final String ROLE =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";

    private final FakeUpstream a = FakeUpstream.start();
    private final FakeUpstream b = FakeUpstream.start();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final CountDownLatch other = new CountDownLatch(1);
    private final List<HedgeResult> hedges = new CopyOnWriteArrayList<>();
    private final List<String> ends = new CopyOnWriteArrayList<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final Looker listener = new Looker();

    /** Sees hedges, ends, and the heads of answers. */
    private final class Looker implements ExchangeListener, BodyLog {
        @Override
        public Recording attempt(Exchange exchange, String upstream) {
            return new Recording() {
                @Override
                public void request(String method, String path, Function<String, @Nullable String> header) {}

                @Override
                public void request(ByteBuffer piece) {}

                @Override
                public void answer(int status, Function<String, @Nullable String> header) {
                    heads.add(upstream);
                }

                @Override
                public void answer(ByteBuffer piece) {}

                @Override
                public void end(SettledAttempt attempt) {}

                @Override
                public void end(Exchange exchange) {}

                @Override
                public void discard() {}
            };
        }

        @Override
        public void hedged(Exchange exchange, HedgeResult result) {
            hedges.add(result);
        }

        @Override
        public void ended(Exchange exchange) {
            ends.add(exchange.outcome() + " " + exchange.status() + " " + exchange.attempts());
        }
    }

    private Entrance entrance = open(BOTH + ", hedge: {after: 50ms}");

    private Entrance open(String group) {
        return open(group, "");
    }

    private Entrance open(String group, String settingsOfB) {
        return new Entrance(
                "",
                "{name: a, url: '%s'}, {name: b, url: '%s', %s}".formatted(a.url(), b.url(), settingsOfB),
                group,
                listener);
    }

    private void reopen(String group) {
        reopen(group, "");
    }

    private void reopen(String group, String settingsOfB) {
        entrance.close();
        entrance = open(group, settingsOfB);
    }

    @AfterEach
    void stop() {
        gate.countDown();
        other.countDown();
        entrance.close();
        a.close();
        b.close();
    }

    private static List<String> says(String word) {
        return List.of(
                ROLE,
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word + "\"}}]}\n\n",
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
                "data: [DONE]\n\n");
    }

    private static Behaviour answers(String word) {
        return Behaviour.streams(Duration.ZERO, says(word));
    }

    private static void awaitRequests(FakeUpstream upstream, int count) {
        Awaitility.await().until(() -> upstream.requests(CHAT).size() == count);
    }

    private FakeClient ask(String body) throws Exception {
        FakeClient client = FakeClient.of("POST", CHAT).sending(body);
        entrance.forward(client);
        return client;
    }

    /** Asks, and looks at the deadlines until the second upstream is asked, or it is clear that it will not be. */
    private FakeClient late() throws Exception {
        FakeClient client = ask(STREAM);
        Awaitility.await().until(() -> {
            entrance.after(Duration.ZERO);
            return !b.requests(CHAT).isEmpty() || !hedges.isEmpty();
        });
        return client;
    }

    private void assertEnded(String end, HedgeResult... results) {
        Awaitility.await().untilAsserted(() -> assertThat(ends).containsExactly(end));
        assertThat(hedges).containsExactly(results);
    }

    @Test
    void theHedgeOfASilentStreamWins() throws Exception {
        a.on(CHAT, Behaviour.fallsSilent(List.of(ROLE)));
        b.on(CHAT, answers("b"));

        FakeClient client = late().await();

        assertThat(client.body()).isEqualTo(String.join("", says("b")));
        assertEnded("COMPLETED 200 2", HedgeResult.WON);
    }

    @Test
    void theFirstMayStillWin() throws Exception {
        a.on(CHAT, Behaviour.held(gate, answers("a")));
        b.on(CHAT, Behaviour.fallsSilent(List.of(ROLE)));

        FakeClient client = late();
        gate.countDown();

        assertThat(client.await().body()).isEqualTo(String.join("", says("a")));
        assertEnded("COMPLETED 200 2", HedgeResult.LOST);
    }

    @Test
    void aHedgeThatFailsLeavesTheFirstAlone() throws Exception {
        a.on(CHAT, Behaviour.held(gate, answers("a")));
        b.on(CHAT, Behaviour.status(503, "", "{}"));

        FakeClient client = late();
        Awaitility.await().until(() -> hedges.contains(HedgeResult.FAILED));
        gate.countDown();

        assertThat(client.await().body()).isEqualTo(String.join("", says("a")));
        assertEnded("COMPLETED 200 2", HedgeResult.FAILED);
    }

    @Test
    void aHedgeThatRefusesTheRequestLeavesTheFirstAlone() throws Exception {
        a.on(CHAT, Behaviour.held(gate, answers("a")));
        b.on(CHAT, Behaviour.status(404, "", "{}"));

        FakeClient client = late();
        Awaitility.await().until(() -> hedges.contains(HedgeResult.FAILED));
        gate.countDown();

        assertThat(client.await().body()).isEqualTo(String.join("", says("a")));
        assertEnded("COMPLETED 200 2", HedgeResult.FAILED);
    }

    @Test
    void theFirstsWordOfTheRequestIsPassedOnWhileTheHedgeIsSilent() throws Exception {
        a.on(CHAT, Behaviour.held(gate, Behaviour.status(400, "", "{\"error\":1}")));
        b.on(CHAT, Behaviour.hangs());

        FakeClient client = late();
        gate.countDown();

        assertThat(client.await().status()).isEqualTo(400);
        assertThat(client.body()).isEqualTo("{\"error\":1}");
        assertEnded("COMPLETED 400 2", HedgeResult.LOST);
    }

    @Test
    void itIsNotPassedOnOnceTheHedgeAnswers() throws Exception {
        a.on(CHAT, Behaviour.held(gate, Behaviour.status(400, "", "{}")));
        b.on(CHAT, Behaviour.streams(SLOW, says("b")));

        FakeClient client = late();
        Awaitility.await().until(() -> heads.contains("b"));
        gate.countDown();

        assertThat(client.await().body()).isEqualTo(String.join("", says("b")));
        assertEnded("COMPLETED 200 2", HedgeResult.WON);
    }

    @Test
    void theHedgeGoesOnAloneIfTheFirstFails() throws Exception {
        a.on(CHAT, Behaviour.held(gate, Behaviour.status(503, "", "{}")));
        b.on(CHAT, Behaviour.held(other, answers("b")));

        FakeClient client = late();
        gate.countDown();
        other.countDown();

        assertThat(client.await().body()).isEqualTo(String.join("", says("b")));
        Awaitility.await().untilAsserted(() -> assertThat(ends).containsExactly("COMPLETED 200 2"));
    }

    @Test
    void ifBothFailTheClientIsTold() throws Exception {
        a.on(CHAT, Behaviour.held(gate, Behaviour.status(500, "", "{}")), Behaviour.status(500, "", "{}"));
        b.on(CHAT, Behaviour.held(gate, Behaviour.status(500, "", "{}")), Behaviour.status(500, "", "{}"));

        FakeClient client = late();
        gate.countDown();

        assertThat(client.await().status()).isGreaterThanOrEqualTo(500);
        assertThat(ends).hasSize(1);
    }

    @Test
    void theClientLeavesBoth() throws Exception {
        a.on(CHAT, Behaviour.hangs());
        b.on(CHAT, Behaviour.fallsSilent(List.of(ROLE)));

        FakeClient client = late();
        client.leave();

        Awaitility.await().untilAsserted(() -> assertThat(hedges).containsExactly(HedgeResult.ABANDONED));
        assertThat(a.requests(CHAT).get(0).awaitAborted(Duration.ofSeconds(20))).isTrue();
        assertThat(b.requests(CHAT).get(0).awaitAborted(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void aStopEndsBoth() throws Exception {
        a.on(CHAT, Behaviour.hangs());
        b.on(CHAT, Behaviour.hangs());

        FakeClient client = late();

        assertThat(entrance.drain()).isEqualTo(1);
        client.await();
        assertThat(ends).hasSize(1);
        Awaitility.await().untilAsserted(() -> assertThat(hedges).containsExactly(HedgeResult.ABANDONED));
    }

    @Test
    void soDoesTheTimeForTheWholeRequest() throws Exception {
        reopen(BOTH + ", hedge: {after: 50ms}, http_client: {stream: false, timeout: {request: 20s}}");
        a.on(CHAT, Behaviour.hangs());
        b.on(CHAT, Behaviour.hangs());

        FakeClient client = late();
        entrance.after(Duration.ofSeconds(30));

        assertThat(client.await().status()).isEqualTo(504);
        Awaitility.await().untilAsserted(() -> assertThat(hedges).containsExactly(HedgeResult.ABANDONED));
    }

    @Test
    void bothMayBeTooLate() throws Exception {
        a.on(CHAT, Behaviour.hangs());
        b.on(CHAT, Behaviour.fallsSilent(List.of(ROLE)));

        FakeClient client = late();
        Awaitility.await().until(() -> {
            entrance.after(TOO_LATE);
            return !client.isWaiting();
        });

        assertThat(client.status()).isGreaterThanOrEqualTo(500);
    }

    /** Without a hedge that may still follow, there is no reason to hold a stream back for longer than usual. */
    @Test
    void aStreamIsNotHeldBackForAHedgeThatWouldComeTooLate() throws Exception {
        reopen(BOTH + ", hedge: {after: 20s}, http_client: {timeout: {first_byte: 10s}}");
        a.on(CHAT, Behaviour.fallsSilent(List.of(ROLE)));

        FakeClient client = ask(STREAM);

        Awaitility.await().until(() -> {
            entrance.after(COMMIT_DELAY);
            return client.body().equals(ROLE);
        });
        assertThat(b.requests()).isEmpty();
    }

    @Test
    void whatIsNoStreamHasNoHedge() throws Exception {
        a.on(CHAT, Behaviour.held(gate, Behaviour.json("{\"ok\":1}")));

        FakeClient client = ask(PLAIN);
        awaitRequests(a, 1);
        long end = System.nanoTime() + 2 * AFTER.toNanos();
        Awaitility.await().until(() -> {
            entrance.after(Duration.ZERO);
            return System.nanoTime() > end;
        });
        gate.countDown();

        assertThat(client.await().body()).isEqualTo("{\"ok\":1}");
        assertThat(b.requests()).isEmpty();
        assertEnded("COMPLETED 200 1");
    }

    @Test
    void whereThereIsNoOtherUpstreamThereIsNoHedge() throws Exception {
        reopen("upstreams: [{name: a}], hedge: {after: 50ms}");
        a.on(CHAT, Behaviour.held(gate, answers("a")));

        FakeClient client = late();
        Awaitility.await().until(() -> !hedges.isEmpty());
        gate.countDown();

        client.await();
        assertEnded("COMPLETED 200 1", HedgeResult.NO_OTHER_UPSTREAM);
    }

    /** With 60 requests the budget allows 42 hedges, and the key of the second upstream 45 requests. */
    @Test
    void aHedgeOverTheBudgetUsesNothingOfAKey() throws Exception {
        reopen(BOTH + ", hedge: {after: 50ms}", "auth: {type: bearer, token: t, rpm: 45}");
        a.otherwise(Behaviour.hangs());
        b.otherwise(Behaviour.hangs());
        for (int i = 0; i < 60; i++) {
            ask(STREAM);
        }

        Awaitility.await().until(() -> {
            entrance.after(Duration.ZERO);
            return b.requests(CHAT).size() + hedges.size() >= 60;
        });

        assertThat(hedges).isNotEmpty().containsOnly(HedgeResult.OVER_BUDGET);
    }

    @Test
    void aTimeThatIsLearnedCountsOnceItIsKnown() throws Exception {
        reopen(BOTH + LEARNED);
        a.otherwise(answers("a"));
        for (int i = 0; i < 10; i++) {
            FakeClient client = ask(STREAM);
            entrance.after(Duration.ZERO);
            client.await();
        }
        assertThat(b.requests()).isEmpty();
        a.otherwise(Behaviour.fallsSilent(List.of(ROLE)));
        b.otherwise(answers("b"));

        assertThat(late().await().body()).isEqualTo(String.join("", says("b")));
        assertThat(hedges).containsExactly(HedgeResult.WON);
    }

    @Test
    void fromStreamsThatArePassedOnWithoutContentNoTimeIsLearned() throws Exception {
        reopen(BOTH + LEARNED);
        a.otherwise(Behaviour.fallsSilent(List.of(ROLE)));
        for (int i = 0; i < 10; i++) {
            FakeClient client = ask(STREAM);
            Awaitility.await().until(() -> {
                entrance.after(COMMIT_DELAY);
                return !client.body().isEmpty();
            });
        }

        ask(STREAM);
        awaitRequests(a, 11);
        long end = System.nanoTime() + 2 * AFTER.toNanos();
        Awaitility.await().until(() -> {
            entrance.after(Duration.ZERO);
            return System.nanoTime() > end;
        });

        assertThat(hedges).isEmpty();
        assertThat(b.requests()).isEmpty();
    }

    @Test
    void theTimeIsLearnedWhenTheContentComesAfterAll() throws Exception {
        reopen(BOTH + LEARNED);
        a.otherwise(Behaviour.streams(AFTER, says("a")));
        List<FakeClient> clients = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            clients.add(ask(STREAM));
        }
        Awaitility.await().until(() -> {
            entrance.after(COMMIT_DELAY);
            return clients.stream().noneMatch(FakeClient::isWaiting);
        });
        a.otherwise(Behaviour.fallsSilent(List.of(ROLE)));
        b.otherwise(answers("b"));

        assertThat(late().await().body()).isEqualTo(String.join("", says("b")));
    }

    @Test
    void fromErrorsNoTimeIsLearned() throws Exception {
        reopen(BOTH + LEARNED);
        a.otherwise(Behaviour.streams(Duration.ZERO, List.of("data: {\"error\":{\"code\":400}}\n\n")));
        for (int i = 0; i < 10; i++) {
            ask(STREAM).await();
        }
        a.otherwise(Behaviour.hangs());

        ask(STREAM);
        awaitRequests(a, 11);
        long end = System.nanoTime() + 2 * AFTER.toNanos();
        Awaitility.await().until(() -> {
            entrance.after(Duration.ZERO);
            return System.nanoTime() > end;
        });

        assertThat(hedges).isEmpty();
        assertThat(b.requests()).isEmpty();
    }
}
