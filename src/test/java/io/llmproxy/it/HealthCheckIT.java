package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.TestProxy;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;

/** Health checks of upstreams, as upstreams and clients see them. */
class HealthCheckIT {
    /** What tells how an upstream is at the moment, and counts nothing. */
    private static final Pattern STATE =
            Pattern.compile("llmproxy_(upstream_(state|in_flight|queued|effective_weight)|circuitbreaker_state)\\{");

    private static final byte[] QUESTION = {'{', '}'};
    private static final String CHAT = "/v1/chat/completions";
    private static final String HEALTH = "/health";
    private static final Behaviour FINE = Behaviour.json("{\"body\":\"canary\"}");
    private static final Map<Deployment.Kind, Site> SITES = new EnumMap<>(Deployment.Kind.class);
    private static final Certificates CERTIFICATES = new Certificates(Artefacts.workDirectory("certificates"));

    /** A gateway with upstreams that nobody else asks. */
    private static final class Site {
        final FakeUpstream sick = fake();
        final FakeUpstream fine = fake();
        final FakeUpstream alone = fake();
        final FakeUpstream prompt = fake();
        final FakeUpstream slow = fake();
        final FakeUpstream told = fake();
        final FakeUpstream moved = fake();
        final FakeUpstream counted = fake();
        final FakeUpstream changing = fake();
        final FakeUpstream dropped = fake();
        final FakeUpstream kept = fake();
        final FakeUpstream rerouted = fake();
        final FakeUpstream secure = FakeUpstream.startSecure(CERTIFICATES.server("ip:127.0.0.1,dns:localhost"), false);
        final TestProxy proxy = TestProxy.http("user", "word");
        final int mortal = Ports.free();
        final Path authority = CERTIFICATES.authorityPem();
        final Deployment deployment;

        Site(Deployment.Kind kind) {
            deployment = Deployment.start(
                    kind,
                    gateway(check("path: /before, interval: 1h"), check("path: /health, interval: 200ms"), 7),
                    "-Xmx128m");
        }

        private static FakeUpstream fake() {
            return FakeUpstream.start().otherwise(FINE);
        }

        private static String check(String keys) {
            return "health_check: {" + keys + "}";
        }

        Gateway gateway(String ofChanging, String ofDropped, int connect) {
            String often = "path: /health, interval: 200ms";
            String trusting = "tls: {ca_file: \"" + authority + "\"}, ";
            String insured = "auth: {type: bearer, token: token-canary}, ";
            String asking = "path: \"/models?limit=1\", interval: 200ms, method: POST, body: '{\"ping\":1}',"
                    + " headers: [{key: X-Probe, value: header-canary}, {key: X-Probe, value: another}]";
            String pair = "{name: sick}, {name: fine}";
            return new Gateway()
                    .admin("token: reload-token")
                    .upstream(
                            "sick",
                            sick.url(),
                            check(often + ", timeout: 1s, unhealthy_threshold: 2, healthy_threshold: 2"))
                    .upstream("fine", fine.url(), "")
                    .group("pair", pair, "")
                    .group("again", pair, "http_client: {agent: \"Another/1\", timeout: {connect: 3}}")
                    .forward("pair", "pair", "")
                    .forward("again", "again", "")
                    .upstream("mortal", "http://127.0.0.1:" + mortal, check("interval: 200ms"))
                    .group("mortal", "{name: mortal}, {name: fine}", "")
                    .forward("mortal", "mortal", "")
                    .upstream("ungrouped", told.url() + "/ungrouped", check(often))
                    .upstream("disabled", told.url() + "/disabled", "enabled: false, " + check(often))
                    .group("disabled", "{name: disabled}, {name: fine}", "")
                    .forward("disabled", "disabled", "")
                    .single("alone", alone.url(), check(often), "", "")
                    .single("prompt", prompt.url(), check(often), "", "")
                    .single("slow", slow.url(), check("path: /health, interval: 200ms, timeout: 2s"), "", "")
                    .single("told", told.url() + "/v1", insured + check(asking), "", "")
                    .single("moved", moved.url(), check(often), "", "")
                    .single(
                            "counted",
                            counted.url(),
                            "breaker: {threshold: 0.5, window: 1}, " + check(often + ", unhealthy_threshold: 100"),
                            "",
                            "ratelimit: {enabled: true, per_second: 1, burst: 1}")
                    .single("secure", secure.url(), trusting + check("interval: 200ms"), "", "")
                    .single("untrusted", secure.url(), check("interval: 200ms, timeout: 5s"), "", "")
                    .single(
                            "proxied",
                            secure.url(),
                            trusting + check("path: /proxied, interval: 200ms"),
                            "http_client: {proxy: {url: \"http://user:word@127.0.0.1:" + proxy.port() + "\"}}",
                            "")
                    .single("changing", changing.url(), ofChanging, "", "")
                    .single("dropped", dropped.url(), ofDropped, "", "")
                    .single("kept", kept.url(), check(often), "", "")
                    .single(
                            "rerouted",
                            rerouted.url(),
                            check(often + ", timeout: 30s"),
                            "http_client: {timeout: {connect: " + connect + "}}",
                            "");
        }

        void reload(Gateway gateway) {
            deployment.reconfigure(gateway);
            Answer answer = RawClient.exchange(
                    deployment.admin("/admin/reload"), "POST", "Authorization: Bearer reload-token\r\n", new byte[0]);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        }

        Answer ask(String forward) {
            return RawClient.exchange(deployment.forward(forward, CHAT), "POST", "", QUESTION);
        }

        String metrics() {
            return RawClient.exchange(deployment.admin("/metrics"), "GET", "", new byte[0])
                    .text();
        }

        void awaitWell(String upstream, boolean well) {
            String sample = "llmproxy_upstream_healthy{upstream=\"" + upstream + "\"} " + (well ? "1.0" : "0.0");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(50))
                    .untilAsserted(() -> assertThat(metrics()).contains(sample));
        }
    }

    private static Site site(Deployment.Kind kind) {
        return SITES.computeIfAbsent(kind, Site::new);
    }

    @AfterAll
    static void stop() {
        SITES.values().forEach(site -> site.deployment.close());
        SITES.clear();
    }

    private static void awaitRequests(FakeUpstream upstream, String path, int count) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(upstream.requests(path)).hasSizeGreaterThanOrEqualTo(count));
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void anUpstreamWhoseChecksFailGetsNoRequestsUntilTheySucceed(Deployment.Kind kind) {
        Site site = site(kind);
        int earlier = site.deployment.log().length();
        for (Behaviour failing : List.of(
                Behaviour.status(500, "", "body-canary"),
                Behaviour.hangs(),
                Behaviour.closesUnanswered(),
                Behaviour.statesTooMuch("body-canary"))) {
            site.sick.reset();
            site.sick.on(HEALTH, failing);
            site.awaitWell("sick", false);
            assertThat(site.sick.requests(HEALTH)).as(failing.name()).hasSizeGreaterThanOrEqualTo(2);
            site.fine.reset();

            for (int i = 0; i < 6; i++) {
                assertThat(site.ask("pair").status()).as(failing.name()).isEqualTo(200);
            }

            assertThat(site.sick.requests(CHAT)).as(failing.name()).isEmpty();
            assertThat(site.fine.requests(CHAT)).as(failing.name()).hasSize(6);

            site.sick.on(HEALTH, FINE);
            site.awaitWell("sick", true);
            for (int i = 0; i < 6; i++) {
                assertThat(site.ask("pair").status()).as(failing.name()).isEqualTo(200);
            }
            assertThat(site.sick.requests(CHAT)).as(failing.name()).hasSize(3);
        }
        String log = site.deployment.log().substring(earlier);
        assertThat(log)
                .contains("upstream sick: unhealthy; failed health checks in a row: 2 (status 500)")
                .contains("upstream sick: unhealthy; failed health checks in a row: 2 (timeout)")
                .contains("upstream sick: unhealthy; failed health checks in a row: 2 (connection lost)")
                .doesNotContain("canary");
        assertThat(log.lines().filter(line -> line.contains("upstream sick: unhealthy")))
                .hasSize(4);
        assertThat(log.lines().filter(line -> line.contains("upstream sick: healthy again (status 200)")))
                .hasSize(4);
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void anUpstreamInSeveralGroupsIsCheckedOnceAndOneThatGetsNoRequestsNever(Deployment.Kind kind) {
        Site site = site(kind);
        List<Long> checks = new CopyOnWriteArrayList<>();
        site.sick.reset();
        site.sick.on(HEALTH, noting(checks, FINE));

        await(() -> checks.size() > 6);

        // Checked for each of its groups it would be checked twice in an interval.
        assertThat(checks.get(6) - checks.get(0))
                .isGreaterThan(Duration.ofMillis(900).toNanos());
        assertThat(site.told.requests("/ungrouped/health")).isEmpty();
        assertThat(site.told.requests("/disabled/health")).isEmpty();
        assertThat(site.metrics().lines().filter(line -> line.startsWith("llmproxy_upstream_health")))
                .isNotEmpty()
                .noneMatch(line -> line.contains("upstream=\"ungrouped\"") || line.contains("upstream=\"disabled\""));
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void withoutAPathAConnectionIsEnough(Deployment.Kind kind) {
        Site site = site(kind);
        site.awaitWell("mortal", false);
        site.fine.reset();
        for (int i = 0; i < 4; i++) {
            assertThat(site.ask("mortal").status()).isEqualTo(200);
        }
        assertThat(site.fine.requests(CHAT)).hasSize(4);
        assertThat(site.deployment.log())
                .contains("upstream mortal: unhealthy; failed health checks in a row: 1 (connect error)");

        try (FakeUpstream mortal = FakeUpstream.start(site.mortal).otherwise(FINE)) {
            site.awaitWell("mortal", true);
            assertThat(mortal.requests()).isEmpty();
            for (int i = 0; i < 4; i++) {
                assertThat(site.ask("mortal").status()).isEqualTo(200);
            }
            assertThat(mortal.requests(CHAT)).hasSize(2);
        }
        site.awaitWell("mortal", false);
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void overTlsTheCertificateIsCheckedToo(Deployment.Kind kind) {
        Site site = site(kind);
        site.awaitWell("untrusted", false);
        int before = site.secure.connections();

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(site.secure.connections()).isGreaterThan(before + 4));

        site.awaitWell("secure", true);
        assertThat(site.secure.requests())
                .allSatisfy(request -> assertThat(request.head().path()).isEqualTo("/proxied"));
        assertThat(site.deployment.log())
                .contains("upstream untrusted: unhealthy; failed health checks in a row: 1 (TLS error)")
                .doesNotContain("upstream secure: unhealthy");
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void checksTakeTheWayOfRequestsThroughAProxy(Deployment.Kind kind) {
        Site site = site(kind);
        site.secure.on("/proxied", FINE);

        awaitRequests(site.secure, "/proxied", 1);

        site.awaitWell("proxied", true);
        assertThat(site.proxy.log()).anyMatch(line -> line.contains("127.0.0.1:" + site.secure.port()));
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void aGroupWithNoUpstreamLeftSaysSoAtOnce(Deployment.Kind kind) {
        Site site = site(kind);
        site.alone.on(HEALTH, Behaviour.status(503, "", ""));
        site.awaitWell("alone", false);

        long start = System.nanoTime();
        Answer answer = site.ask("alone");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("no_upstream_available");
        assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1, 2);
        assertThat(site.alone.requests(CHAT)).isEmpty();

        site.alone.on(HEALTH, FINE);
        site.awaitWell("alone", true);
        assertThat(site.ask("alone").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void aCheckThatHangsDelaysNoOther(Deployment.Kind kind) {
        Site site = site(kind);
        List<Long> prompt = new CopyOnWriteArrayList<>();
        List<Long> slow = new CopyOnWriteArrayList<>();
        site.slow.on(HEALTH, noting(slow, Behaviour.hangs()));
        site.prompt.on(HEALTH, noting(prompt, FINE));

        await(() -> prompt.size() > 7 && slow.size() > 2);

        // One that had to wait for the other would be as late as that one's time-out, each time.
        assertThat(middleGap(prompt)).isBetween(150L, 1500L);
        assertThat(middleGap(slow)).isBetween(2100L, 5000L);
        site.slow.on(HEALTH, FINE);
    }

    private static void await(BooleanSupplier condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(condition::getAsBoolean);
    }

    private static Behaviour noting(List<Long> times, Behaviour then) {
        return new Behaviour(then.name(), conversation -> {
            times.add(System.nanoTime());
            then.script().play(conversation);
        });
    }

    /** The time from one check to the next, in milliseconds, which a machine that stalls once does not change. */
    private static long middleGap(List<Long> times) {
        List<Long> gaps = new ArrayList<>();
        for (int i = 1; i < times.size(); i++) {
            gaps.add((times.get(i) - times.get(i - 1)) / 1_000_000);
        }
        gaps.sort(null);
        return gaps.get(gaps.size() / 2);
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void theUpstreamIsAskedWhatIsConfigured(Deployment.Kind kind) {
        Site site = site(kind);
        site.told.reset();

        UpstreamRequest request = site.told.awaitRequest("/v1/models");

        assertThat(request.head().startLine()).isEqualTo("POST /v1/models?limit=1 HTTP/1.1");
        assertThat(new String(request.body(), StandardCharsets.UTF_8)).isEqualTo("{\"ping\":1}");
        assertThat(request.head().values("Host"))
                .containsExactly(URI.create(site.told.url()).getRawAuthority());
        assertThat(request.head().values("Authorization")).containsExactly("Bearer token-canary");
        assertThat(request.head().values("X-Probe")).containsExactly("header-canary", "another");
        assertThat(request.head().values("User-Agent")).containsExactly("LLMProxy/1.0");
        assertThat(request.head().values("Content-Type")).containsExactly("application/json");
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void aRedirectIsAFailureAndNotFollowed(Deployment.Kind kind) {
        Site site = site(kind);
        site.moved.on(HEALTH, Behaviour.status(302, "Location: " + site.moved.url() + "/elsewhere\r\n", ""));

        site.awaitWell("moved", false);

        assertThat(site.moved.requests("/elsewhere")).isEmpty();
        assertThat(site.deployment.log()).contains("(status 302)");
        site.moved.on(HEALTH, Behaviour.status(200, "", "x".repeat(1 << 20)));
        site.awaitWell("moved", true);
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void checksCountAsNothingButChecks(Deployment.Kind kind) {
        Site site = site(kind);
        site.counted.reset();
        site.counted.on(HEALTH, Behaviour.status(500, "", ""));
        awaitRequests(site.counted, HEALTH, 3);

        assertThat(site.metrics()
                        .lines()
                        .filter(line -> line.contains("upstream=\"counted\""))
                        .filter(line -> !STATE.matcher(line).lookingAt()))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).startsWith("llmproxy_upstream_health"));
        assertThat(site.metrics())
                .contains("llmproxy_upstream_state{state=\"serving\",upstream=\"counted\"} 1.0")
                .contains("llmproxy_circuitbreaker_state{state=\"closed\",upstream=\"counted\"} 1.0")
                .contains("llmproxy_upstream_in_flight{upstream=\"counted\"} 0.0")
                .contains("llmproxy_upstream_healthy{upstream=\"counted\"} 1.0")
                .contains("llmproxy_upstream_health_checks_total{result=\"failure\",upstream=\"counted\"}");
        assertThat(site.ask("counted").status()).isEqualTo(200);
        site.counted.on(HEALTH, FINE);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(site.metrics())
                        .contains("llmproxy_upstream_health_checks_total{result=\"success\",upstream=\"counted\"}"));
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void aCheckThatAReloadCutsOffSaysNothing(Deployment.Kind kind) {
        Site site = site(kind);
        awaitRequests(site.rerouted, HEALTH, 1);
        site.rerouted.reset();
        site.rerouted.on(HEALTH, Behaviour.hangs(), FINE);
        UpstreamRequest hanging = site.rerouted.awaitRequest(HEALTH);

        site.reload(site.gateway(
                Site.check("path: /before, interval: 1h"), Site.check("path: /health, interval: 200ms"), 9));

        assertThat(hanging.awaitAborted(Duration.ofSeconds(10))).isTrue();
        awaitRequests(site.rerouted, HEALTH, 3);
        assertThat(site.ask("rerouted").status()).isEqualTo(200);
        assertThat(site.deployment.log()).doesNotContain("upstream rerouted: unhealthy");
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void aReloadChangesTheChecksAndKeepsWhatWasFound(Deployment.Kind kind) {
        Site site = site(kind);
        awaitRequests(site.changing, "/before", 1);
        site.dropped.on(HEALTH, Behaviour.status(500, "", ""));
        site.kept.on(HEALTH, Behaviour.status(500, "", ""));
        site.awaitWell("dropped", false);
        site.awaitWell("kept", false);
        assertThat(site.ask("dropped").status()).isEqualTo(503);

        Gateway changed = site.gateway(Site.check("path: /after, interval: 500ms"), "", 8);
        long start = System.nanoTime();
        site.reload(changed);

        assertThat(site.ask("kept").status()).isEqualTo(503);
        awaitRequests(site.changing, "/after", 3);
        assertThat(site.changing.requests("/before")).hasSize(1);
        assertThat(site.metrics())
                .contains("llmproxy_upstream_healthy{upstream=\"changing\"} 1.0")
                .contains("llmproxy_upstream_healthy{upstream=\"kept\"} 0.0")
                .doesNotContain("llmproxy_upstream_healthy{upstream=\"dropped\"}");
        assertThat(site.ask("dropped").status()).isEqualTo(200);
        int checked = site.dropped.requests(HEALTH).size();

        for (int i = 0; i < 10; i++) {
            site.reload(changed);
        }
        awaitRequests(site.changing, "/after", 4);

        // Each interval is up to a tenth shorter, and none begins anew with a reload.
        long intervals = Duration.ofNanos(System.nanoTime() - start).dividedBy(Duration.ofMillis(450));
        assertThat(site.changing.requests("/after")).hasSizeLessThanOrEqualTo((int) intervals + 2);
        assertThat(site.dropped.requests(HEALTH)).hasSize(checked);
        assertThat(site.deployment.log())
                .doesNotContain("upstream told: unhealthy")
                .doesNotContain("upstream changing: unhealthy");
        site.kept.on(HEALTH, FINE);
        site.awaitWell("kept", true);
    }
}
