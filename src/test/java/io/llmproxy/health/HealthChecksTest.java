package io.llmproxy.health;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.UpstreamRequest;
import io.llmproxy.upstream.KeyFailure;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.UpstreamListener;
import io.llmproxy.upstream.Upstreams;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HealthChecksTest {
    private static final String PATH = "/health";
    private static final String QUICK = "interval: 100ms, timeout: 5s";
    private static final Behaviour GOOD = Behaviour.json("{}");

    private final FakeUpstream fake = FakeUpstream.start();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final UpstreamHttp http =
            new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));
    private final Others others = new Others();
    private final HealthChecks checks = new HealthChecks(others);
    private final UpstreamListener listener = new UpstreamListener() {
        @Override
        public void healthChanged(String upstream, boolean well) {
            told.add(well ? "healthy" : "unhealthy");
        }

        @Override
        public void healthUnwatched(String upstream) {
            told.add("unwatched");
        }

        @Override
        public void keyFailed(String upstream, int place, KeyFailure reason) {
            told.add("key " + place + " " + reason);
        }
    };
    private Upstreams current = Upstreams.NONE;

    /** What other nodes find, as the test says. */
    private static final class Others implements SharedFindings {
        private final List<Boolean> heard = new CopyOnWriteArrayList<>();
        private volatile @Nullable Boolean found;
        private final AtomicInteger asked = new AtomicInteger();

        @Override
        public @Nullable Boolean found(String mark) {
            asked.incrementAndGet();
            return found;
        }

        @Override
        public void tell(String mark, boolean success, Duration lasts) {
            assertThat(lasts).isGreaterThan(Duration.ofSeconds(2));
            heard.add(success);
        }
    }

    @BeforeEach
    void start() {
        http.start();
    }

    @AfterEach
    void stop() {
        checks.close();
        http.stop();
        fake.close();
    }

    private void follow(String upstream) {
        String yaml = """
                http_server: {forwards: [{name: f, upstream_group: g}]}
                upstreams: [{name: u, %s}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(upstream);
        ProxyConfig config =
                ConfigLoader.parse(yaml, "config.yaml", Path.of(""), Map.of()).config();
        current = current.next(config, http, listener);
        current.takeOver();
        checks.follow(current);
    }

    private void watch(String check) {
        follow("url: '" + fake.url() + "', health_check: {" + check + "}");
    }

    private void awaitTold(String... expected) {
        Awaitility.await().untilAsserted(() -> assertThat(told).containsExactly(expected));
    }

    private boolean isWell() {
        return current.all().get(0).isWell();
    }

    @Test
    void anUpstreamThatFailsItsCheckIsUnhealthyUntilItPasses() {
        fake.on(PATH, Behaviour.status(503, "", "no"));
        watch("path: /health, " + QUICK);
        awaitTold("healthy", "unhealthy");
        assertThat(isWell()).isFalse();

        fake.on(PATH, GOOD);

        awaitTold("healthy", "unhealthy", "healthy");
        assertThat(isWell()).isTrue();
    }

    private void assertThatEveryFifthLookIsItsOwn() {
        int looked = fake.requests(PATH).size();
        int asked = others.asked.get();
        Awaitility.await().until(() -> others.asked.get() > asked + 20);
        int looks = fake.requests(PATH).size() - looked;
        // One may have been under way at the beginning, and one at the end.
        assertThat(looks).isBetween(1, (others.asked.get() - asked) / 5 + 2);
    }

    @Test
    void whereAnotherNodeFindsTheSameThisOneLooksNowAndThen() {
        fake.on(PATH, GOOD);
        others.found = true;
        watch("path: /health, " + QUICK);
        assertThatEveryFifthLookIsItsOwn();

        // What it does not think itself, it finds out.
        others.found = false;
        Awaitility.await().until(() -> others.heard.size() > 2);
        assertThat(isWell()).isTrue();
        assertThat(others.heard).containsOnly(true);
        fake.on(PATH, Behaviour.status(503, "", "no"));
        awaitTold("healthy", "unhealthy");
        Awaitility.await().until(() -> others.heard.contains(false));
        assertThatEveryFifthLookIsItsOwn();

        others.found = null;
        fake.on(PATH, GOOD);
        awaitTold("healthy", "unhealthy", "healthy");
    }

    @Test
    void aCheckIsTheRequestThatIsConfigured() {
        fake.on(PATH, GOOD);

        follow("url: '" + fake.url() + "', auth: {type: bearer, token: secret}, health_check: {path: '/health?deep=1', "
                + "method: POST, body: '{}', headers: [{key: X-One, value: 'two'}], " + QUICK + "}");

        UpstreamRequest request = fake.awaitRequest(PATH);
        assertThat(request.head().startLine()).startsWith("POST /health?deep=1 ");
        assertThat(request.head().value("X-One")).contains("two");
        assertThat(request.head().value("Authorization")).contains("Bearer secret");
        assertThat(new String(request.body(), UTF_8)).isEqualTo("{}");
        Awaitility.await().until(() -> fake.requests(PATH).size() > 1);
        assertThat(told).containsExactly("healthy");
    }

    @Test
    void connectingIsEnoughWhereThereIsNothingToAskFor() {
        watch(QUICK);
        Awaitility.await().until(() -> fake.connections() > 1);
        assertThat(told).containsExactly("healthy");

        follow("url: 'http://127.0.0.1:1', health_check: {" + QUICK + "}");

        Awaitility.await().until(() -> told.contains("unhealthy"));
    }

    @Test
    void aCheckThatTakesTooLongHasFailed() {
        fake.on(PATH, Behaviour.hangs());

        watch("path: /health, interval: 100ms, timeout: 50ms");

        awaitTold("healthy", "unhealthy");
    }

    @Test
    void anAnswerWithoutAnEndIsAsGoodAsOneThatEnds() {
        fake.on(PATH, Behaviour.floods(10_000_000));

        watch("path: /health, " + QUICK);

        Awaitility.await().until(() -> fake.requests(PATH).size() > 1);
        assertThat(told).containsExactly("healthy");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void aKeyThatIsRefusedIsSetAsideAndAnUpstreamWithoutAnotherIsUnhealthy(int status) {
        fake.on(PATH, Behaviour.status(status, "", "who?"));

        follow("url: '" + fake.url() + "', auth: {type: bearer, token: secret}, health_check: {path: /health, " + QUICK
                + "}");

        Awaitility.await().until(() -> told.contains("unhealthy"));
        assertThat(told).contains("key 0 " + (status == 401 ? KeyFailure.UNAUTHORIZED : KeyFailure.FORBIDDEN));
    }

    @Test
    void anUpstreamWhoseCheckIsGoneIsNotLookedAt() {
        fake.on(PATH, GOOD);
        watch("path: /health, " + QUICK);
        fake.awaitRequest(PATH);

        follow("url: '" + fake.url() + "'");

        Awaitility.await().until(() -> told.contains("unwatched"));
    }

    @Test
    void whatIsKnownStaysWhileTheSameIsAsked() {
        fake.on(PATH, Behaviour.status(503, "", "no"));
        watch("path: /health, " + QUICK);
        awaitTold("healthy", "unhealthy");

        watch("path: /health, " + QUICK);
        int before = fake.requests(PATH).size();
        Awaitility.await().until(() -> fake.requests(PATH).size() > before + 1);

        assertThat(isWell()).isFalse();
        watch("path: /health, interval: 200ms");
        int next = fake.requests(PATH).size();
        Awaitility.await().until(() -> fake.requests(PATH).size() > next);
    }
}
