package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LedgerLines;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** A stream whose first content is late is asked for at a second upstream, and the first of the two to have content is listened to. */
class HedgingIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String TOKEN = "Authorization: Bearer operator-token\r\n";
    private static final String SOON = "hedge: {after: 100ms}";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final FakeUpstream FIRST = FakeUpstream.start();
    private static final FakeUpstream SECOND = FakeUpstream.start();
    private static final FakeUpstream THIRD = FakeUpstream.start();
    private static final Path DIRECTORY = Artefacts.workDirectory("hedging");
    private static final Map<Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Kind.class);
    private static final AtomicInteger IDS = new AtomicInteger();

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
        List.of(FIRST, SECOND, THIRD).forEach(FakeUpstream::close);
    }

    @BeforeEach
    void forget() {
        List.of(FIRST, SECOND, THIRD).forEach(FakeUpstream::reset);
    }

    private static Deployment deployment(Kind kind) {
        return DEPLOYMENTS.computeIfAbsent(kind, missing -> Deployment.start(kind, gateway(kind), "-Xmx160m"));
    }

    private static LedgerLines ledger(Kind kind) {
        return new LedgerLines(DIRECTORY.resolve(kind.name()));
    }

    /** A group for each test, so that each has figures of its own. */
    private static Gateway gateway(Kind kind) {
        Gateway gateway = new Gateway()
                .admin("token: operator-token")
                .top("ledger: {directory: \"%s\"}".formatted(DIRECTORY.resolve(kind.name())));
        for (String name :
                List.of("won", "lost", "overtaken", "failing", "gone", "cut", "budget", "plain", "witness")) {
            pair(gateway, name, SOON);
        }
        pair(gateway, "unhedged", "balance: {strategy: roundrobin}");
        pair(gateway, "hedged", "hedge: {after: 400ms}, balance: {strategy: roundrobin}");
        pair(gateway, "learned", "hedge: {after: p90, samples: 24}");
        gateway.upstream("converted-1", FIRST.url() + "/converted", "dialect: openai")
                .upstream("converted-2", SECOND.url() + "/converted", "dialect: anthropic")
                .group("converted", "{name: converted-1}, {name: converted-2}", SOON)
                .forward("converted", "converted", "");
        gateway.single("alone", FIRST.url() + "/alone", "", SOON, "");
        gateway.upstream("both-1", FIRST.url() + "/both", "")
                .upstream("both-2", SECOND.url() + "/both", "")
                .upstream("both-3", THIRD.url() + "/both", "")
                .group(
                        "both",
                        "{name: both-1}, {name: both-2}, {name: both-3}",
                        "balance: {strategy: failover}, " + SOON)
                .forward("both", "both", "");
        return gateway;
    }

    private static void pair(Gateway gateway, String name, String more) {
        String breaker = "breaker: {threshold: 0.1, window: 1, cooldown: 60}";
        String strategy = more.contains("balance") ? more : more + ", balance: {strategy: failover}";
        gateway.upstream(name + "-1", FIRST.url() + "/" + name, breaker)
                .upstream(name + "-2", SECOND.url() + "/" + name, breaker)
                .group(name, "{name: %1$s-1}, {name: %1$s-2}".formatted(name), strategy)
                .forward(name, name, "replay_buffer: 4096");
    }

    private static String role() {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    }

    private static String text(String word) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word + "\"}}]}\n\n";
    }

    /** A whole stream that says one word, and what it took. */
    private static List<String> says(String word) {
        return List.of(
                role(),
                text(word),
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
                        + "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n",
                "data: [DONE]\n\n");
    }

    private static Behaviour answers(String word) {
        return Behaviour.streams(Duration.ZERO, says(word));
    }

    /** The same in Anthropic's API. */
    private static Behaviour saysInMessages(String word) {
        return Behaviour.streams(
                Duration.ZERO,
                List.of(
                        message(
                                "message_start",
                                "\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],"
                                        + "\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}"),
                        message(
                                "content_block_start",
                                "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
                        message(
                                "content_block_delta",
                                "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + word + "\"}"),
                        message("content_block_stop", "\"index\":0"),
                        message(
                                "message_delta",
                                "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}"),
                        message("message_stop", "\"index\":0")));
    }

    private static String message(String type, String more) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + more + "}\n\n";
    }

    private static byte[] body(boolean stream, String more) {
        return ("{\"model\":\"m\",\"max_tokens\":9,\"stream\":" + stream
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]" + more + "}")
                .getBytes(UTF_8);
    }

    /** A client that has sent its request, and has an id. */
    private record Asking(RawClient client, String id) implements AutoCloseable {
        static Asking of(Deployment gateway, String forward, String path) {
            return of(gateway, forward, path, body(true, ""));
        }

        static Asking of(Deployment gateway, String forward, String path, byte[] body) {
            URI uri = gateway.forward(forward, path);
            String id = "hedging-" + IDS.incrementAndGet();
            RawClient client = RawClient.connect(uri);
            client.send(
                    "POST",
                    RawClient.target(uri),
                    "Content-Type: application/json\r\nX-Request-Id: " + id + "\r\n",
                    body);
            return new Asking(client, id);
        }

        Answer answer() {
            return client.answer();
        }

        @Override
        public void close() {
            client.close();
        }
    }

    private static UpstreamRequest asked(FakeUpstream upstream, String group) {
        return upstream.awaitRequest("/" + group + CHAT);
    }

    private static String quoted(String name, String value) {
        return name + "=\"" + value + '"';
    }

    private static double hedges(Metrics metrics, String group, String result) {
        return metrics.sum("llmproxy_hedges_total", quoted("group", group), quoted("result", result));
    }

    private static Metrics settled(Deployment gateway, String group, String result) {
        Metrics metrics = await().atMost(LIMIT)
                .until(
                        gateway::metrics,
                        now -> hedges(now, group, result) == 1
                                && now.sum("llmproxy_in_flight") == 0
                                && now.sum("llmproxy_upstream_in_flight") == 0);
        assertThat(metrics.sum("llmproxy_hedges_total", quoted("group", group))).isEqualTo(1);
        return metrics;
    }

    private static void assertBlameless(Metrics metrics, String group) {
        assertThat(metrics.sum("llmproxy_upstream_errors_total", quoted("group", group)))
                .isZero();
        assertThat(metrics.sum("llmproxy_circuitbreaker_calls_total", quoted("group", group), "result=\"failure\""))
                .isZero();
        assertThat(metrics.sum("llmproxy_circuitbreaker_calls_total", quoted("group", group), "result=\"rejected\""))
                .isZero();
    }

    private static List<String> outcomes(Kind kind, String id) {
        return ledger(kind).attempts(id).stream()
                .map(attempt -> attempt.path("upstream").asText() + " "
                        + attempt.path("outcome").asText())
                .toList();
    }

    private static List<String> steps(Deployment gateway, String id) throws Exception {
        Answer told = RawClient.exchange(gateway.admin("/admin/explain/" + id), "GET", TOKEN, new byte[0]);
        List<String> steps = new ArrayList<>();
        for (JsonNode step : new ObjectMapper().readTree(told.text()).at("/requests/0/steps")) {
            String error = step.path("error").asText("");
            String what = step.path("upstream")
                    .asText(step.path("because").asText(step.path("chosen").asText("")));
            steps.add((step.path("step").asText() + " " + what + " " + error).strip());
        }
        return steps;
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void theHedgeOfASilentStreamWinsAndBothAreTold(Kind kind) throws Exception {
        Deployment gateway = deployment(kind);
        FIRST.on("/won" + CHAT, Behaviour.fallsSilent(List.of(role())));
        SECOND.on("/won" + CHAT, answers("second"));

        try (Asking client = Asking.of(gateway, "won", CHAT)) {
            Answer answer = client.answer();

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).isEqualTo(String.join("", says("second")));
            assertThat(asked(FIRST, "won").awaitAborted(LIMIT)).isTrue();

            Metrics metrics = settled(gateway, "won", "won");
            assertBlameless(metrics, "won");
            assertThat(metrics.sum("llmproxy_upstream_requests_total", "group=\"won\""))
                    .isEqualTo(2);
            assertThat(metrics.sum("llmproxy_retries_total", "group=\"won\"", "reason=\"hedged\""))
                    .isEqualTo(1);
            assertThat(metrics.sum("llmproxy_usage_records_total", "upstream=\"won-1\""))
                    .isEqualTo(1);
            assertThat(metrics.sum("llmproxy_usage_output_tokens_total", "upstream=\"won-2\""))
                    .isEqualTo(1);
            assertThat(outcomes(kind, client.id())).containsExactly("won-1 hedge_lost", "won-2 completed");
            assertThat(ledger(kind)
                            .attempts(client.id())
                            .get(0)
                            .path("usage_missing_because")
                            .asText())
                    .isEqualTo("hedge_lost");
            assertThat(steps(gateway, client.id()))
                    .containsExactly(
                            "pick won-1",
                            "pick won-2",
                            "sent_again hedged",
                            "attempt won-1 hedge_lost",
                            "attempt won-2");
            await().atMost(LIMIT)
                    .until(() -> gateway.log()
                            .lines()
                            .anyMatch(line -> line.contains(client.id() + " POST")
                                    && line.contains("upstream=won-2 attempts=2 not_retried=- status=200")));
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void theFirstAttemptMayStillWin(Kind kind) {
        Deployment gateway = deployment(kind);
        CountDownLatch gate = new CountDownLatch(1);
        FIRST.on("/lost" + CHAT, Behaviour.held(gate, answers("first")));
        SECOND.on("/lost" + CHAT, Behaviour.hangs());

        try (Asking client = Asking.of(gateway, "lost", CHAT)) {
            UpstreamRequest hedge = asked(SECOND, "lost");
            gate.countDown();

            assertThat(client.answer().text()).isEqualTo(String.join("", says("first")));
            assertThat(hedge.awaitAborted(LIMIT)).isTrue();
            assertBlameless(settled(gateway, "lost", "lost"), "lost");
            assertThat(outcomes(kind, client.id())).containsExactly("lost-1 completed", "lost-2 hedge_lost");
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void theHedgeBecomesTheAttemptIfTheFirstFails(Kind kind) {
        Deployment gateway = deployment(kind);
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        FIRST.on("/overtaken" + CHAT, Behaviour.held(first, Behaviour.resets()));
        SECOND.on("/overtaken" + CHAT, Behaviour.held(second, answers("second")));

        try (Asking client = Asking.of(gateway, "overtaken", CHAT)) {
            asked(SECOND, "overtaken");
            first.countDown();
            await().atMost(LIMIT)
                    .until(() ->
                            gateway.metrics().sum("llmproxy_upstream_errors_total", quoted("upstream", "overtaken-1"))
                                    == 1);
            second.countDown();

            assertThat(client.answer().text()).isEqualTo(String.join("", says("second")));
            Metrics metrics = settled(gateway, "overtaken", "won");
            assertThat(metrics.sum(
                            "llmproxy_circuitbreaker_calls_total", "upstream=\"overtaken-1\"", "result=\"failure\""))
                    .isEqualTo(1);
            assertThat(outcomes(kind, client.id())).containsExactly("overtaken-1 failed", "overtaken-2 completed");
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void aHedgeThatFailsChangesNothing(Kind kind) {
        Deployment gateway = deployment(kind);
        CountDownLatch gate = new CountDownLatch(1);
        FIRST.on("/failing" + CHAT, Behaviour.held(gate, answers("first")));
        SECOND.on("/failing" + CHAT, Behaviour.status(500, "", "{}"));

        try (Asking client = Asking.of(gateway, "failing", CHAT)) {
            await().atMost(LIMIT).until(() -> hedges(gateway.metrics(), "failing", "failed") == 1);
            gate.countDown();

            assertThat(client.answer().text()).isEqualTo(String.join("", says("first")));
            settled(gateway, "failing", "failed");
            assertThat(outcomes(kind, client.id())).containsExactly("failing-1 completed", "failing-2 failed");
            assertThat(SECOND.requests()).hasSize(1);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void ifBothFailTheThirdIsAsked(Kind kind) {
        Deployment gateway = deployment(kind);
        CountDownLatch gate = new CountDownLatch(1);
        FIRST.on("/both" + CHAT, Behaviour.held(gate, Behaviour.status(503, "", "{}")));
        SECOND.on("/both" + CHAT, Behaviour.status(500, "", "{}"));
        THIRD.on("/both" + CHAT, answers("third"));

        try (Asking client = Asking.of(gateway, "both", CHAT)) {
            await().atMost(LIMIT).until(() -> hedges(gateway.metrics(), "both", "failed") == 1);
            assertThat(THIRD.requests()).isEmpty();
            gate.countDown();

            assertThat(client.answer().text()).isEqualTo(String.join("", says("third")));
            settled(gateway, "both", "failed");
            assertThat(outcomes(kind, client.id()))
                    .containsExactly("both-1 failed", "both-2 failed", "both-3 completed");
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void bothAreCancelledWhenTheClientLeaves(Kind kind) {
        Deployment gateway = deployment(kind);
        // Containers see that a client has left when they write to it: that takes an answer that has begun.
        CountDownLatch gate = new CountDownLatch(1);
        FIRST.on("/gone" + CHAT, Behaviour.hangs());
        SECOND.on("/gone" + CHAT, kind == Kind.LAUNCHER ? Behaviour.hangs() : Behaviour.held(gate, endless()));

        try (Asking client = Asking.of(gateway, "gone", CHAT)) {
            UpstreamRequest hedge = asked(SECOND, "gone");
            client.client().reset();
            gate.countDown();

            assertThat(asked(FIRST, "gone").awaitAborted(LIMIT)).isTrue();
            assertThat(hedge.awaitAborted(LIMIT)).isTrue();
            Metrics metrics = settled(gateway, "gone", kind == Kind.LAUNCHER ? "abandoned" : "won");
            assertBlameless(metrics, "gone");
            String first = kind == Kind.LAUNCHER ? "gone-1 client_gone" : "gone-1 hedge_lost";
            assertThat(outcomes(kind, client.id())).containsExactly(first, "gone-2 client_gone");
        }
    }

    private static Behaviour endless() {
        List<String> words = new ArrayList<>(List.of(role()));
        IntStream.range(0, 5_000).forEach(index -> words.add(text("word")));
        return Behaviour.streams(Duration.ofMillis(2), words);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void aWinnerThatBreaksOffIsTold(Kind kind) {
        Deployment gateway = deployment(kind);
        FIRST.on("/cut" + CHAT, Behaviour.hangs());
        SECOND.on("/cut" + CHAT, Behaviour.resetsMidStream(List.of(role(), text("half"))));

        try (Asking client = Asking.of(gateway, "cut", CHAT)) {
            Answer answer = client.answer();

            assertThat(answer.text()).contains("half", "\"error\"").doesNotContain("[DONE]");
            Metrics metrics = settled(gateway, "cut", "won");
            assertThat(metrics.sum("llmproxy_upstream_errors_total", "upstream=\"cut-2\"", "error=\"upstream_reset\""))
                    .isEqualTo(1);
            assertThat(metrics.sum("llmproxy_circuitbreaker_calls_total", "upstream=\"cut-1\""))
                    .isZero();
            assertThat(outcomes(kind, client.id())).containsExactly("cut-1 hedge_lost", "cut-2 cut");
            assertThat(FIRST.requests()).hasSize(1);
            assertThat(SECOND.requests()).hasSize(1);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void theRetryBudgetBoundsHedges(Kind kind) {
        Deployment gateway = deployment(kind);
        int clients = 60;
        CountDownLatch gate = new CountDownLatch(1);
        FIRST.on("/budget" + CHAT, Behaviour.held(gate, answers("first")));
        SECOND.on("/budget" + CHAT, Behaviour.held(gate, answers("second")));

        List<Asking> asking = IntStream.range(0, clients)
                .mapToObj(index -> Asking.of(gateway, "budget", CHAT))
                .toList();
        try {
            // Thirty, and one for five requests.
            await().atMost(LIMIT)
                    .until(() ->
                            SECOND.requests().size() + hedges(gateway.metrics(), "budget", "over_budget") == clients);
            assertThat(SECOND.requests()).hasSizeBetween(30, 30 + clients / 5 + 15);
            gate.countDown();
            asking.forEach(client -> assertThat(client.answer().text()).contains("[DONE]"));
            Metrics metrics = gateway.metricsAtRest();
            assertThat(metrics.sum("llmproxy_hedges_total", "group=\"budget\"")).isEqualTo(clients);
            assertBlameless(metrics, "budget");
            await().atMost(LIMIT).until(() -> gateway.metrics().sum("llmproxy_upstream_in_flight") == 0);
        } finally {
            asking.forEach(Asking::close);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void withoutASecondUpstreamThereIsNoHedge(Kind kind) {
        Deployment gateway = deployment(kind);
        CountDownLatch gate = new CountDownLatch(1);
        FIRST.on("/alone" + CHAT, Behaviour.held(gate, answers("first")));

        try (Asking client = Asking.of(gateway, "alone", CHAT)) {
            await().atMost(LIMIT).until(() -> hedges(gateway.metrics(), "alone", "no_other_upstream") == 1);
            gate.countDown();

            assertThat(client.answer().text()).isEqualTo(String.join("", says("first")));
            settled(gateway, "alone", "no_other_upstream");
            assertThat(FIRST.requests()).hasSize(1);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void oneOfTheTwoMayBeConverted(Kind kind) {
        Deployment gateway = deployment(kind);
        FIRST.on("/converted" + CHAT, Behaviour.fallsSilent(List.of(role())));
        SECOND.on("/converted" + MESSAGES, saysInMessages("second"));

        try (Asking client = Asking.of(gateway, "converted", CHAT)) {
            assertThat(client.answer().text())
                    .contains("chat.completion.chunk", "\"content\":\"second\"", "[DONE]")
                    .doesNotContain("message_start");
        }
        assertThat(asked(FIRST, "converted").awaitAborted(LIMIT)).isTrue();

        FIRST.on("/converted" + CHAT, answers("first"));
        SECOND.on("/converted" + MESSAGES, Behaviour.hangs());
        // Upstreams that speak the client's API come first: here that is the second.
        try (Asking client = Asking.of(gateway, "converted", MESSAGES)) {
            assertThat(client.answer().text()).contains("message_start", "\"text\":\"first\"", "message_stop");
        }
        Metrics metrics = await().atMost(LIMIT)
                .until(
                        gateway::metrics,
                        now -> now.sum("llmproxy_in_flight") == 0 && now.sum("llmproxy_upstream_in_flight") == 0);
        assertThat(hedges(metrics, "converted", "won")).isEqualTo(2);
        assertBlameless(metrics, "converted");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void whatIsNoStreamOrMustNotBeRepeatedIsNotHedged(Kind kind) {
        Deployment gateway = deployment(kind);
        CountDownLatch gate = new CountDownLatch(1);
        Behaviour late = Behaviour.held(gate, Behaviour.json("{}"));
        FIRST.on("/plain" + CHAT, late).on("/plain/v1/responses", late);
        String large = ",\"user\":\"" + "x".repeat(400_000) + '"';

        try (Asking plain = Asking.of(gateway, "plain", CHAT, body(false, ""));
                Asking response = Asking.of(gateway, "plain", "/v1/responses", body(true, ""));
                Asking flowing = Asking.of(gateway, "plain", CHAT, body(true, large))) {
            await().atMost(LIMIT).until(() -> FIRST.requests().size() == 3);
            // What begins later and is hedged shows that the others would have been by now.
            FIRST.on("/witness" + CHAT, Behaviour.hangs());
            SECOND.on("/witness" + CHAT, answers("second"));
            try (Asking witness = Asking.of(gateway, "witness", CHAT)) {
                assertThat(witness.answer().text()).contains("second");
            }
            gate.countDown();

            assertThat(plain.answer().status()).isEqualTo(200);
            assertThat(response.answer().status()).isEqualTo(200);
            assertThat(flowing.answer().status()).isEqualTo(200);
        }
        assertThat(gateway.metricsAtRest().sum("llmproxy_hedges_total", "group=\"plain\""))
                .isZero();
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void whatIsLateIsLearned(Kind kind) {
        Deployment gateway = deployment(kind);
        FIRST.on("/learned" + CHAT, answers("first"));
        SECOND.on("/learned" + CHAT, answers("second"));
        for (int index = 0; index < 24; index++) {
            try (Asking client = Asking.of(gateway, "learned", CHAT)) {
                assertThat(client.answer().text()).contains("[DONE]");
            }
        }
        double before = gateway.metricsAtRest().sum("llmproxy_hedges_total", "group=\"learned\"");
        assertThat(before).isZero();
        FIRST.on("/learned" + CHAT, Behaviour.hangs());

        try (Asking client = Asking.of(gateway, "learned", CHAT)) {
            assertThat(client.answer().text()).contains("second");
        }
        settled(gateway, "learned", "won");
    }

    /**
     * One stream of nineteen takes two seconds to its first token where it is asked for first, all else takes 20 ms. Which one does not
     * depend on how many hedges came before.
     */
    private static Behaviour tailed() {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        AtomicInteger streams = new AtomicInteger();
        Behaviour fast = Behaviour.delayed(Duration.ofMillis(20), answers("fast"));
        Behaviour slow = Behaviour.delayed(Duration.ofSeconds(2), answers("slow"));
        return new Behaviour("has a tail", conversation -> {
            boolean first =
                    seen.add(conversation.request().head().value("X-Request-Id").orElseThrow());
            (first && streams.incrementAndGet() % 19 == 0 ? slow : fast)
                    .script()
                    .play(conversation);
        });
    }

    private static double[] timesToFirstToken(Deployment gateway, String forward, int streams) throws Exception {
        Behaviour tailed = tailed();
        FIRST.on("/" + forward + CHAT, tailed);
        SECOND.on("/" + forward + CHAT, tailed);
        ExecutorService clients = Executors.newFixedThreadPool(4);
        try {
            Callable<Double> one = () -> {
                try (Asking client = Asking.of(gateway, forward, CHAT)) {
                    long began = System.nanoTime();
                    client.client().head();
                    client.client().event();
                    client.client().event();
                    long took = System.nanoTime() - began;
                    client.client().answer();
                    return took / 1e6;
                }
            };
            List<Future<Double>> asked = new ArrayList<>();
            for (int index = 0; index < streams; index++) {
                asked.add(clients.submit(one));
            }
            double[] times = new double[streams];
            for (int index = 0; index < streams; index++) {
                times[index] = asked.get(index).get();
            }
            Arrays.sort(times);
            return times;
        } finally {
            clients.shutdownNow();
        }
    }

    private static double percentile(double[] sorted, double percent) {
        return sorted[(int) Math.ceil(sorted.length * percent / 100) - 1];
    }

    @Tag("measures")
    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource
    void theTailIsCutOff(Kind kind) throws Exception {
        Deployment gateway = deployment(kind);
        int streams = 228;

        double[] unhedged = timesToFirstToken(gateway, "unhedged", streams);
        double[] hedged = timesToFirstToken(gateway, "hedged", streams);

        assertThat(percentile(unhedged, 95)).isGreaterThan(1900);
        assertThat(percentile(hedged, 99)).isLessThan(percentile(unhedged, 95));
        Metrics metrics = await().atMost(LIMIT)
                .until(
                        gateway::metrics,
                        now -> now.sum("llmproxy_in_flight") == 0 && now.sum("llmproxy_upstream_in_flight") == 0);
        assertThat(metrics.sum("llmproxy_upstream_requests_total", "group=\"hedged\""))
                .isBetween(streams * 1.03, streams * 1.06);
        assertBlameless(metrics, "hedged");
        System.out.printf(
                "%s: p95 %.0f ms, p99 %.0f ms without hedges; p95 %.0f ms, p99 %.0f ms with %.0f hedges%n",
                kind,
                percentile(unhedged, 95),
                percentile(unhedged, 99),
                percentile(hedged, 95),
                percentile(hedged, 99),
                metrics.sum("llmproxy_hedges_total", "group=\"hedged\""));
    }
}
