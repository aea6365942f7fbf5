package io.llmproxy.it;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.H2Upstream;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.TestProxy;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One configuration with a forward for each thing to test, the upstreams that it names, and the deployments that run it.
 * Containers start slowly, so all tests of a JVM share them.
 */
final class World {
    private static final World SHARED = new World();
    private static final AtomicInteger PATHS = new AtomicInteger();
    private static final Behaviour FINE = Behaviour.json("{}");

    /** The upstream of all forwards that are not named below. */
    final FakeUpstream upstream = FakeUpstream.start();

    /** The first upstream of {@code weighted}, {@code failover} and the other strategies. */
    final FakeUpstream first = FakeUpstream.start().otherwise(FINE);

    /** The second one. */
    final FakeUpstream second = FakeUpstream.start().otherwise(FINE);

    /** The upstream of {@code tls-trusted}, {@code tls-untrusted}, {@code tls-unverified} and {@code via-connect}. */
    final FakeUpstream secure;

    /** The upstream of {@code tls-elsewhere}; its certificate is for another host. */
    final FakeUpstream elsewhere;

    /** The upstream of {@code tls-client}, which wants to see a certificate. */
    final FakeUpstream demanding;

    /** The upstream of {@code tls-h2}, which prefers HTTP/2. */
    final H2Upstream modern;

    /** The proxy of {@code via-http} and {@code via-connect}. */
    final TestProxy httpProxy = TestProxy.http("user", "pa:ss");

    /** The proxy of {@code via-socks}. */
    final TestProxy socksProxy = TestProxy.socks();

    private final Gateway gateway = new Gateway();
    private final Map<Deployment.Kind, Deployment> deployments = new EnumMap<>(Deployment.Kind.class);
    private final Map<Deployment.Kind, String> failures = new EnumMap<>(Deployment.Kind.class);

    private World() {
        Certificates certificates = new Certificates(Artefacts.workDirectory("certificates"));
        secure = FakeUpstream.startSecure(certificates.server("ip:127.0.0.1,dns:localhost"), false);
        demanding = FakeUpstream.startSecure(certificates.server("ip:127.0.0.1,dns:localhost"), true);
        elsewhere = FakeUpstream.startSecure(certificates.server("dns:elsewhere.test"), false);
        modern = H2Upstream.start(certificates.server("ip:127.0.0.1,dns:localhost"));
        plainForwards();
        pathForwards();
        balancedForwards();
        tlsForwards(certificates);
        proxiedForwards(certificates);
    }

    /** The world without a trace of earlier tests. */
    static World fresh() {
        for (FakeUpstream fake : new FakeUpstream[] {
            SHARED.upstream, SHARED.first, SHARED.second, SHARED.secure, SHARED.elsewhere, SHARED.demanding
        }) {
            fake.reset();
        }
        SHARED.first.otherwise(FINE);
        SHARED.second.otherwise(FINE);
        return SHARED;
    }

    /** A deployment that runs this world's configuration with a heap of 128 MiB. */
    Deployment deployment(Deployment.Kind kind) {
        String failure = failures.get(kind);
        if (failure != null) {
            throw new IllegalStateException("it did not start before either: " + failure);
        }
        try {
            return deployments.computeIfAbsent(kind, missing -> Deployment.start(missing, gateway, "-Xmx128m"));
        } catch (IllegalStateException e) {
            failures.put(
                    kind, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
            throw e;
        }
    }

    /** A path that no test has used before. */
    static String path() {
        return "/v1/test/" + PATHS.incrementAndGet();
    }

    private void plainForwards() {
        String url = upstream.url();
        gateway.single("plain", url, "", "", "")
                .single("bearer", url, "auth: {type: bearer, token: upstream-token}", "", "")
                .single("basic", url, "auth: {type: basic, username: user, password: word}", "", "")
                .single("agent", url, "", "http_client: {agent: \"Test/2\"}", "")
                .single("told", url, "", "http_client: {forwarded: true}", "")
                .single("heartbeat", url, "", "http_client: {heartbeat: 200ms}", "")
                .single("guarded", url, "breaker: {threshold: 0.5, cooldown: 60}", "", "")
                .single("hasty", url, "", "http_client: {timeout: {first_byte: 200ms, stall: 200ms}}", "")
                .single("limited", url, "", "", "")
                .single("rated", url, "", "", "ratelimit: {per_second: 1, burst: 2}, trusted_proxies: [127.0.0.1]")
                .single("rated-directly", url, "", "", "ratelimit: {per_second: 1, burst: 2}")
                .single("queued", url, "", "", "max_concurrent: 1, max_queued: 2, queue_timeout: 2")
                .single("unreachable", "http://127.0.0.1:" + Ports.free(), "", "", "")
                .single("small", url, "", "", "max_body: 65536")
                .single("tiny-replay", url, "", "", "replay_buffer: 1024")
                .single("impatient", url, "", "", "timeout: {connect: 1}");
        String operations =
                "headers: [{op: insert, key: X-Inserted, value: ours}, {op: replace, key: X-Replaced, value: ours},"
                        + " {op: remove, key: X-Removed}]";
        gateway.single("rewritten", url, operations, "", "");
    }

    private void pathForwards() {
        String url = upstream.url();
        gateway.single("join-v1", url + "/v1", "", "", "")
                .single("join-deep", url + "/proxy/v1", "", "", "")
                .single("join-whole", url + "/v1/chat/completions", "", "", "")
                .single("join-slash", url + "/v1/", "", "", "")
                .single("exact", url + "/fixed/place?of=ours", "url_mode: exact", "", "");
        String rules =
                "routing: [{path: \"/v1/chat/*\", target_group: route-a}, {path: \"/v1/models/:id\", target_group: route-b},"
                        + " {path: \"/v1/models/special\", target_group: route-a}, {path: \"/files/{id:[0-9]+}\", target_group: route-b}]";
        gateway.single(
                        "confined",
                        url,
                        "",
                        "",
                        "keys: [{name: confined, key: sk-spelling-key, allowed_models: [open, \"org/open\"]}]")
                .single("listed", url, "models: [open, \"org/model-7b\"]", "", "");
        gateway.upstream("route-a", first.url(), "")
                .upstream("route-b", second.url(), "")
                .group("route-a", "{name: route-a}", "")
                .group("route-b", "{name: route-b}", "")
                .forward("routed", "plain", rules);
        conditionalForwards();
    }

    /** Routed by more than the path: to {@link #first} by way of {@code route-a}, to {@link #second} by {@code route-b}. */
    private void conditionalForwards() {
        String rules = String.join(
                ", ",
                "{host: one.test, target_group: route-a}",
                "{host: \"one.test:8443\", target_group: route-b}",
                "{host: \"*.one.test\", target_group: route-b}",
                "{host: two.test/v1, target_group: route-a}",
                "{host: two.test/v1/deep, target_group: route-b}",
                "{host: two.test/v1, path: /files, target_group: route-b}",
                "{path: /v1/team, header: {key: X-Team, value: blue}, target_group: route-b}",
                "{path: /v1/team, header: {key: x-team, value: red}, target_group: route-a}");
        gateway.forward("conditions", "plain", "routing: [" + rules + "]");
        String thousand = IntStream.range(0, 1000)
                .mapToObj(i -> switch (i % 4) {
                    case 0 -> "{host: host%d.test, target_group: route-a}".formatted(i);
                    case 1 -> "{host: \"*.host%d.test\", target_group: route-a}".formatted(i);
                    case 2 -> "{path: \"/v1/:x/y%d/*\", target_group: route-a}".formatted(i);
                    default -> "{host: a.test/prefix%d, target_group: route-a}".formatted(i);
                })
                .collect(Collectors.joining(", "));
        gateway.forward("thousand", "plain", "routing: [" + thousand + "]");
    }

    private void balancedForwards() {
        gateway.upstream("first", first.url(), "").upstream("second", second.url(), "");
        gateway.upstream("dead", "http://127.0.0.1:" + Ports.free(), "");
        String both = "{name: first}, {name: second}";
        gateway.group(
                        "weighted",
                        "{name: first, weight: 8}, {name: second, weight: 2}",
                        strategy("weighted_roundrobin"))
                .forward("weighted", "weighted", "");
        for (String name :
                new String[] {"roundrobin", "random", "failover", "response_aware", "least_requests", "ttft_aware"}) {
            gateway.group(name, both, strategy(name)).forward(name, name, "");
        }
        gateway.upstream("fine", first.url(), "")
                .upstream("throttling", second.url(), "")
                .upstream("failing", upstream.url(), "")
                .group("adaptive", "{name: fine}, {name: throttling}, {name: failing}", strategy("adaptive"))
                .forward("adaptive", "adaptive", "");
        gateway.group("dead-first", "{name: dead}, {name: second}", strategy("failover"))
                .forward("dead-first", "dead-first", "");
        again();
    }

    /** Forwards that ask again: each has {@link #first} before {@link #second}, or {@code first} alone. */
    private void again() {
        String retry = "http_client: {commit_delay: 1000, retry: {attempts: 2, initial: 100%s}}";
        gateway.group(
                        "unsafe",
                        "{name: first}, {name: second}",
                        strategy("failover") + ", " + retry.formatted(", unsafe: true"))
                .forward("unsafe", "unsafe", "")
                .group("rounds", "{name: first}", retry.formatted(""))
                .forward("rounds", "rounds", "");
        String slot = "max_concurrent: 1, max_queued: 1, queue_timeout: 2";
        gateway.single("slot", first.url(), slot, "", "");
    }

    private static String strategy(String name) {
        return "balance: {strategy: %s}".formatted(name);
    }

    private void tlsForwards(Certificates certificates) {
        String trust = "tls: {ca_file: \"%s\"}".formatted(certificates.authorityPem());
        String show = "tls: {ca_file: \"%s\", cert_file: \"%s\", key_file: \"%s\"}"
                .formatted(certificates.authorityPem(), certificates.clientPem(), certificates.clientKeyPem());
        gateway.single("tls-trusted", "https://localhost:" + secure.port(), trust, "", "")
                .single("tls-untrusted", secure.url(), "", "", "")
                .single("tls-unverified", elsewhere.url(), "tls: {verify: false}", "", "")
                .single("tls-elsewhere", elsewhere.url(), trust, "", "")
                .single("tls-client", demanding.url(), show, "", "")
                .single("tls-no-client", demanding.url(), trust, "", "")
                .single("tls-h2", modern.url(), trust, "", "");
    }

    private void proxiedForwards(Certificates certificates) {
        String trust = "tls: {ca_file: \"%s\"}".formatted(certificates.authorityPem());
        String http = "http_client: {proxy: {url: \"http://user:pa%%3Ass@127.0.0.1:%d\"}}".formatted(httpProxy.port());
        String tls = "http_client: {proxy: {url: \"https://127.0.0.1:%d\"}}".formatted(secure.port());
        String socks = "http_client: {proxy: {url: \"socks5://127.0.0.1:%d\"}}".formatted(socksProxy.port());
        gateway.single("via-http", upstream.url(), "", http, "")
                .single("via-connect", secure.url(), trust, http, "")
                .single("via-tls", upstream.url(), "", tls, "")
                .single("via-socks", upstream.url(), "", socks, "");
    }
}
