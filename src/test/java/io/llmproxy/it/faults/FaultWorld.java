package io.llmproxy.it.faults;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.BlackHole;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RefusingH2Upstream;
import io.llmproxy.testing.SsePacer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One configuration for the faults that a shared process stands, and the deployments that run it. Each forward sends
 * {@code /name/...} to the group {@code name}, whose upstreams are called {@code name-a}, {@code name-b} and so on. Groups
 * exist where a fault leaves traces: a breaker that is open, an upstream that cools down.
 */
final class FaultWorld {
    /** The token that administrative calls need. */
    static final String TOKEN = "fault-suite-token";

    /** What every secret of clients begins with. */
    static final String SECRET = "fault-suite-";

    /** A name that is looked up in {@link #names}. */
    static final String NAME = "moving.test";

    private static final FaultWorld SHARED = new FaultWorld();
    private static final String BREAKER = "breaker: {threshold: 1, window: 10000, cooldown: 1}";
    private static final String HASTY = "timeout: {connect: 5, first_byte: 1, stall: 1}";
    private static final String SOON_CONNECTED = "timeout: {connect: 1, first_byte: 5, stall: 5}";
    private static final String PATIENT = "timeout: {connect: 5, first_byte: 5, stall: 5}";
    private static final String OPENS_SOON = "breaker: {threshold: 0.5, window: 4, cooldown: 1}";

    /** The upstream behind {@code name-a}. */
    final FakeUpstream first = FakeUpstream.start();

    /** The upstream behind {@code name-b}. */
    final FakeUpstream second = FakeUpstream.start();

    /** The upstream behind {@code name-c}. */
    final FakeUpstream third = FakeUpstream.start();

    /** The upstream behind {@code self-signed-a}. */
    final FakeUpstream selfSigned;

    /** The upstream behind {@code wrong-host-a}. */
    final FakeUpstream wrongHost;

    /** The upstream behind {@code expired-a}. */
    final FakeUpstream expired;

    /** The upstream behind {@code goodbye-a} and {@code goodbye-two-a}. */
    final RefusingH2Upstream refusing;

    private final BlackHole hole = BlackHole.open();
    private final Path names;
    private final int mortal = Ports.free();
    private final Gateway gateway = new Gateway();
    private final List<String> groups = new ArrayList<>();
    private final Map<Kind, Deployment> deployments = new EnumMap<>(Kind.class);
    private final Map<Kind, String> failures = new EnumMap<>(Kind.class);

    private FaultWorld() {
        Path directory = Artefacts.workDirectory("faults");
        names = directory.resolve("hosts");
        nameIs(true);
        Certificates certificates = new Certificates(directory);
        selfSigned = FakeUpstream.startSecure(
                new Certificates(Artefacts.workDirectory("stranger")).server("ip:127.0.0.1"), false);
        wrongHost = FakeUpstream.startSecure(certificates.server("dns:elsewhere.test"), false);
        expired = FakeUpstream.startSecure(certificates.expired("ip:127.0.0.1"), false);
        refusing = RefusingH2Upstream.start(certificates.server("ip:127.0.0.1,dns:localhost"));
        String trust = "tls: {ca_file: \"%s\"}".formatted(certificates.authorityPem());
        simpleGroups();
        unreachableGroups(trust);
        changingGroups();
        coolingGroups();
        benchGroups();
        upstream("goodbye-a", refusing.url(), trust);
        group("goodbye", "a", PATIENT);
        upstream("goodbye-two-a", refusing.url(), trust);
        upstream("goodbye-two-b", second.url(), "");
        group("goodbye-two", "ab", PATIENT);
        forwards();
    }

    private void upstream(String name, String url, String more) {
        String breaker = more.contains("breaker:") ? "" : BREAKER;
        gateway.upstream(name, url, more.isEmpty() || breaker.isEmpty() ? more + breaker : more + ", " + breaker);
    }

    /** A group of upstreams that are made already, asked in turn. */
    private void turns(String name, String nodes) {
        group(name, nodes, HASTY, "roundrobin");
    }

    /** A group of upstreams that are made already, asked in this order. */
    private void group(String name, String nodes, String client) {
        group(name, nodes, client, "failover");
    }

    private void group(String name, String nodes, String client, String strategy) {
        String members = nodes.chars()
                .mapToObj(node -> "{name: \"%s-%c\"}".formatted(name, node))
                .collect(Collectors.joining(", "));
        String heartbeat = client.contains("heartbeat") ? "" : "heartbeat: 0, ";
        gateway.group(
                name, members, "balance: {strategy: %s}, http_client: {%s}".formatted(strategy, heartbeat + client));
        groups.add(name);
    }

    /** A group with upstreams on the first so many of our servers. */
    private void group(String name, int size, String client, String ofUpstreams) {
        FakeUpstream[] servers = {first, second, third};
        for (int node = 0; node < size; node++) {
            upstream(name + "-" + "abc".charAt(node), servers[node].url(), ofUpstreams);
        }
        group(name, "abc".substring(0, size), client);
    }

    private void simpleGroups() {
        group("one", 1, HASTY, "");
        group("two", 2, HASTY, "");
        group("patient", 1, "timeout: {connect: 20s, first_byte: 30s, stall: 30s}", "");
        group("beating", 1, "heartbeat: 1, timeout: {connect: 1, first_byte: 1, stall: 3}", "");
        group("deadline", 1, "stream: false, timeout: {connect: 1, first_byte: 2, stall: 2, request: 1}", "");
        group("retrying", 2, HASTY + ", retry: {attempts: 2, initial: 100}", "");
        group("unsafe", 2, HASTY + ", retry: {attempts: 2, initial: 100, unsafe: true}", "");
        group("own-key-401", 2, HASTY, "auth: {type: bearer, token: our-own-key}");
        group("own-key-403", 2, HASTY, "auth: {type: bearer, token: our-own-key}");
        group("own-key-alone", 1, HASTY, "auth: {type: bearer, token: our-own-key}");
        group("opening", 2, HASTY, OPENS_SOON);
    }

    private void unreachableGroups(String trust) {
        Map<String, String> faulty = Map.of(
                "refused", "http://127.0.0.1:" + Ports.free(),
                "unaccepted", "http://127.0.0.1:" + hole.port(),
                "unnamed", "http://nosuch.test:" + first.port(),
                "self-signed", selfSigned.url(),
                "wrong-host", wrongHost.url(),
                "expired", expired.url(),
                "no-tls", "https://127.0.0.1:" + first.port());
        faulty.forEach((name, url) -> {
            String tls = url.startsWith("https") ? trust : "";
            // A busy machine takes its time for the first handshake of a process.
            String client = name.equals("unaccepted") ? SOON_CONNECTED : PATIENT;
            upstream(name + "-a", url, tls);
            upstream(name + "-b", second.url(), "");
            group(name, "ab", client);
            upstream(name + "-alone-a", url, tls);
            group(name + "-alone", "a", client);
        });
        upstream("moving-a", "http://" + NAME + ":" + first.port(), "");
        group("moving", "a", HASTY);
    }

    /** Groups that are used for one test each: what they learn lasts longer than the test. */
    private void coolingGroups() {
        String limits = "rate_limited: {otherwise: 3, max: 600}";
        for (String name : new String[] {
            "cool", "cool-all", "cool-date", "cool-ms", "cool-garbage", "cool-past", "cool-far", "busy", "overloaded"
        }) {
            group(name, 2, HASTY, limits);
        }
    }

    /** The default settings, and those that are recommended for quick failover, with all times cut to a twentieth or so. */
    private void benchGroups() {
        String forgets = "rate_limited: {otherwise: 10ms, max: 10ms}";
        String defaults = "heartbeat: 750ms, commit_delay: 100ms, timeout: {connect: 1, first_event: 3, stall: 6}";
        String tuned = "heartbeat: 750ms, commit_delay: 5s, timeout: {connect: 1, first_event: 700ms, stall: 6}, "
                + "retry: {attempts: 2, initial: 100, unsafe: true}";
        // An upstream that has just said 429 is not asked first by the next test.
        for (String name : new String[] {"bench", "bench-limited", "bench-busy"}) {
            group(name, 2, defaults, forgets);
            group(name + "-tuned", 2, tuned, forgets);
        }
        group("late", 2, "timeout: {connect: 1, first_event: 700ms}", "");
    }

    /** Groups with servers that a test starts and ends, and one that is asked in turn. */
    private void changingGroups() {
        String dead = "http://127.0.0.1:" + Ports.free();
        String mortalUrl = "http://127.0.0.1:" + mortal;
        upstream("mortal-a", first.url(), OPENS_SOON);
        upstream("mortal-b", second.url(), OPENS_SOON);
        upstream("mortal-c", mortalUrl, OPENS_SOON);
        turns("mortal", "abc");
        String down = "breaker: {threshold: 0.5, window: 4, cooldown: 2}";
        upstream("down-a", dead, down);
        upstream("down-b", mortalUrl, down);
        turns("down", "ab");
        upstream("flapping-a", first.url(), "breaker: {threshold: 0.5, window: 10, cooldown: 1}");
        upstream("flapping-b", second.url(), OPENS_SOON);
        upstream("flapping-c", third.url(), OPENS_SOON);
        turns("flapping", "abc");
        String pacer = SsePacer.start(20, Duration.ofMillis(150)).url();
        upstream("paced-a", pacer, "");
        group("paced", "a", HASTY);
        upstream("leaving-a", pacer, "");
        upstream("leaving-b", second.url(), "");
        group("leaving", "ab", HASTY);
        upstream("slow-name-a", "http://slow.test:" + first.port(), "");
        group("slow-name", "a", SOON_CONNECTED);
    }

    private void forwards() {
        String routing = groups.stream()
                .map(name -> "{path: \"/%s/*\", target_group: \"%s\"}".formatted(name, name))
                .collect(Collectors.joining(", ", "routing: [", "]"));
        gateway.admin("token: " + TOKEN)
                .forward("faults", "one", routing)
                .forward(
                        "strict",
                        "one",
                        routing + ", max_body: 65536, min_body_rate: 1000, timeout: {connect: 1, write: 1}")
                .forward("limited", "one", routing + ", ratelimit: {per_second: 1, burst: 10}")
                .forward("few", "one", routing + ", ratelimit: {per_second: 1, burst: 2}")
                .forward("keyed", "one", routing + ", " + keys());
    }

    /** A key of each sort, by the name of what is the matter with it. */
    private static String keys() {
        Map<String, String> sorts = Map.of(
                "good", "",
                "off", ", enabled: false",
                "old", ", expires: 2024-01-01",
                "leaving", "",
                "often", ", rate_limit: {requests_per_second: 1, burst_size: 2}",
                "shared", ", rate_limit: {requests_per_second: 1, burst_size: 2}",
                "confined", ", allowed_models: [small]");
        return sorts.entrySet().stream()
                .map(sort -> "{name: %s, key: %s%s}".formatted(sort.getKey(), SECRET + sort.getKey(), sort.getValue()))
                .collect(Collectors.joining(", ", "keys: [", "]"));
    }

    /** The world without a trace of earlier tests. */
    static FaultWorld fresh() {
        for (FakeUpstream fake : new FakeUpstream[] {
            SHARED.first, SHARED.second, SHARED.third, SHARED.selfSigned, SHARED.wrongHost, SHARED.expired
        }) {
            fake.reset();
            fake.otherwise(Behaviour.json("{\"fine\":true}"));
        }
        return SHARED;
    }

    /** Whether {@link #NAME} can be looked up from now on. */
    void nameIs(boolean known) {
        try {
            String hosts = "127.0.0.1 localhost " + InetAddress.getLocalHost().getHostName() + "\n";
            Files.writeString(names, known ? hosts + "127.0.0.1 " + NAME + "\n" : hosts);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From now on no name can be looked up, and nobody says so: whoever asks hangs. */
    void namesHang() {
        try {
            Files.delete(names);
            new ProcessBuilder("mkfifo", names.toString()).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets go of whoever hangs; names can be looked up again. */
    void namesAnswer() {
        try {
            Path pipe = Files.move(names, names.resolveSibling("pipe"), StandardCopyOption.REPLACE_EXISTING);
            nameIs(true);
            // With no reader it would wait for one.
            new ProcessBuilder("timeout", "1", "sh", "-c", ": > '" + pipe + "'")
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The port of {@code mortal-c} and {@code down-b}, on which nobody listens until a test does. */
    int mortal() {
        return mortal;
    }

    /** A deployment that runs this world's configuration with a heap of 128 MiB. */
    Deployment deployment(Kind kind) {
        String failure = failures.get(kind);
        if (failure != null) {
            throw new IllegalStateException("it did not start before either: " + failure);
        }
        try {
            return deployments.computeIfAbsent(
                    kind,
                    missing -> Deployment.start(
                            missing,
                            gateway,
                            "-Xmx128m",
                            "-Djdk.net.hosts.file=" + names,
                            "-Dsun.net.inetaddr.ttl=0",
                            "-Dsun.net.inetaddr.negative.ttl=0"));
        } catch (IllegalStateException e) {
            failures.put(
                    kind, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
            throw e;
        }
    }

    /** Has the configuration read again. */
    static Answer reload(Deployment deployment) {
        return RawClient.exchange(
                deployment.admin("/admin/reload"), "POST", "Authorization: Bearer " + TOKEN + "\r\n", Scene.NOTHING);
    }

    /** Has another configuration read. */
    static Answer reload(Deployment deployment, String config) {
        try {
            Files.writeString(deployment.config(), config);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return reload(deployment);
    }

    /** Requests of one test to one group. */
    Scene scene(Kind kind, String group) {
        return new Scene(this, deployment(kind), "faults", group);
    }

    /** Requests of one test to one group by way of another forward. */
    Scene scene(Kind kind, String forward, String group) {
        return new Scene(this, deployment(kind), forward, group);
    }

    /** As much more than a limit as the machine has more to do than it has processors. */
    static Duration unlessBusy(Duration limit) {
        var system = ManagementFactory.getOperatingSystemMXBean();
        double busy = system.getSystemLoadAverage() / system.getAvailableProcessors();
        return Duration.ofMillis((long) (limit.toMillis() * Math.max(1, busy)));
    }

    /** How long something may take that should happen at once on a machine that does other things too. */
    static Duration soon() {
        return Duration.ofSeconds(3);
    }
}
