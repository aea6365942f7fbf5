package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.IdleStreams;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RequestLoad;
import io.llmproxy.testing.ServerProcess;
import io.llmproxy.testing.SsePacer;
import io.llmproxy.testing.StreamLoad;
import io.llmproxy.testing.TomcatOperator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;

/** A process that is told to end, is killed, or lacks what it needs. */
class ProcessFaultsIT {
    private static final Behaviour FINE = Behaviour.json("{\"fine\":true}");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(20);

    private static final Duration START = Duration.ofSeconds(3);

    /** The machine may have other things to do: of some starts one has to be as fast as is promised. */
    private static final int ATTEMPTS = 3;

    private final FaultWorld world = FaultWorld.fresh();

    private static int status(URI uri) {
        try {
            return RawClient.exchange(uri, "GET", "Connection: close\r\n", Scene.NOTHING)
                    .status();
        } catch (UncheckedIOException e) {
            return 0;
        }
    }

    private static CompletableFuture<StreamLoad.Outcome> stream(Deployment deployment, int streams) {
        StreamLoad load = new StreamLoad(deployment.forward("paced", Scene.CHAT), streams);
        CompletableFuture<StreamLoad.Outcome> streaming =
                CompletableFuture.supplyAsync(() -> load.run(Duration.ofMillis(300), LONG));
        Awaitility.await().until(() -> deployment.metrics().sum("llmproxy_upstream_requests_total") == streams);
        return streaming;
    }

    @Fault(
            value = "P1",
            on = {Kind.LAUNCHER, Kind.TOMCAT})
    void beingToldToEnd(Kind kind) {
        try (SsePacer pacer = SsePacer.start(20, Duration.ofMillis(150));
                Deployment deployment =
                        Deployment.start(kind, new Gateway().single("paced", pacer.url(), "", "", ""))) {
            CompletableFuture<StreamLoad.Outcome> streaming = stream(deployment, 100);

            deployment.process().terminate();

            if (kind == Kind.LAUNCHER) {
                Awaitility.await().atMost(SECOND).until(() -> status(deployment.admin("/health/ready")) == 503);
                assertThat(status(deployment.admin("/health/live"))).isEqualTo(200);
                assertThat(status(deployment.forward("paced", Scene.CHAT))).isIn(0, 503);
            }
            StreamLoad.Outcome outcome = streaming.join();
            assertThat(outcome.finished()).as(outcome + deployment.log()).isEqualTo(100);
            // A JVM that a signal ends without a handler of its own says so in its exit code.
            assertThat(deployment.process().exitCode(LONG)).isEqualTo(kind == Kind.LAUNCHER ? 0 : 143);
        }
    }

    /** In a container the deadline is the container's: on Tomcat {@code unloadDelay}. */
    @Fault(value = "P1", on = Kind.LAUNCHER)
    void streamsThatOutlastTheDeadline(Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.fallsSilent(Scene.BEGUN));
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway()
                                .single("silent", upstream.url(), "", "", "")
                                .server("shutdown_timeout: 1"))) {
            URI uri = deployment.forward("silent", Scene.CHAT);
            try (RawClient client = RawClient.connect(uri)) {
                client.send("POST", Scene.CHAT, Scene.JSON, Scene.STREAM).head();
                client.event();
                long begin = System.nanoTime();

                deployment.process().terminate();

                String rest = client.answer().text();
                assertThat(rest).contains("\"error\"").doesNotContain("[DONE]");
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isBetween(SECOND.dividedBy(2), FaultWorld.unlessBusy(SECOND.multipliedBy(4)));
            }
            assertThat(deployment.process().exitCode(LONG)).isEqualTo(kind == Kind.LAUNCHER ? 0 : 143);
        }
    }

    @Fault(value = "P2", on = Kind.LAUNCHER)
    void beingToldTwice(Kind kind) {
        for (String second : new String[] {"TERM", "INT"}) {
            try (SsePacer pacer = SsePacer.start(100, Duration.ofMillis(200));
                    Deployment deployment =
                            Deployment.start(kind, new Gateway().single("paced", pacer.url(), "", "", ""))) {
                CompletableFuture<StreamLoad.Outcome> streaming = stream(deployment, 10);
                deployment.process().terminate();
                Awaitility.await().until(() -> status(deployment.admin("/health/ready")) == 503);

                deployment.process().signal(second);

                // Else it would drain for many seconds.
                assertThat(deployment.process().ended(SECOND.multipliedBy(8))).isTrue();
                assertThat(streaming.join().broken()).isEqualTo(10);
            }
        }
    }

    @Tag("measures")
    @Fault(value = "P3", on = Kind.LAUNCHER)
    void beingKilled(Kind kind) {
        try (SsePacer pacer = SsePacer.start(20, Duration.ofMillis(200));
                Deployment killed = Deployment.start(kind, new Gateway().single("paced", pacer.url(), "", "", ""))) {
            CompletableFuture<StreamLoad.Outcome> streaming = stream(killed, 10);
            killed.process().kill();
            assertThat(killed.process().ended(SECOND)).isTrue();
            assertThat(streaming.join().broken()).isEqualTo(10);

            Duration fastest = LONG;
            for (int attempt = 0; attempt < ATTEMPTS && fastest.compareTo(START) > 0; attempt++) {
                long begin = System.nanoTime();
                try (Deployment again = killed.again(Deployment.AS_FAST_AS_IT_CAN)) {
                    Duration start = Duration.ofNanos(System.nanoTime() - begin);
                    fastest = start.compareTo(fastest) < 0 ? start : fastest;
                    assertThat(stream(again, 10).join().finished()).isEqualTo(10);
                    again.process().kill();
                }
            }
            assertThat(fastest).isLessThanOrEqualTo(FaultWorld.unlessBusy(START));
        }
    }

    @Tag("weighs")
    @Fault(value = "P4", on = Kind.LAUNCHER)
    void noFileDescriptorsLeft(Kind kind) {
        List<String> limits = List.of("bash", "-c", "ulimit -n 256; exec \"$@\"", "bash");
        try (SsePacer pacer = SsePacer.start(30, Duration.ofMillis(150));
                Deployment deployment =
                        Deployment.startUnder(limits, new Gateway().single("paced", pacer.url(), "", "", ""))) {
            CompletableFuture<StreamLoad.Outcome> streaming = stream(deployment, 10);
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                clients.add(RawClient.connect(deployment.forward("paced")));
            }
            Duration used = deployment.process().cpu();
            int lines = (int) deployment.log().lines().count();
            IdleStreams.let(SECOND);
            assertThat(deployment.process().cpu().minus(used)).isLessThan(Duration.ofMillis(500));
            assertThat(deployment.log().lines().count() - lines).isLessThan(100);
            assertThat(streaming.join().finished()).isEqualTo(10);

            clients.forEach(RawClient::close);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> status(deployment.admin("/health/ready")) == 200);
            CompletableFuture<StreamLoad.Outcome> afterwards = CompletableFuture.supplyAsync(
                    () -> new StreamLoad(deployment.forward("paced", Scene.CHAT), 10).run(SECOND, LONG));
            assertThat(afterwards.join().finished()).isEqualTo(10);
        }
    }

    @Fault(
            value = "P5",
            on = {Kind.LAUNCHER, Kind.TOMCAT})
    void moreBodiesThanTheHeapHolds(Kind kind) throws InterruptedException {
        int count = 200;
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(FINE);
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway().single("large", upstream.url(), "", "", ""),
                        "-Xmx128m",
                        "-XX:+ExitOnOutOfMemoryError")) {
            URI uri = deployment.forward("large", Scene.CHAT);
            byte[] half = new byte[5 << 19];
            CountDownLatch halves = new CountDownLatch(count);
            ExecutorService threads = Executors.newFixedThreadPool(count);
            List<CompletableFuture<Integer>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sent.add(CompletableFuture.supplyAsync(() -> upload(uri, half, halves), threads)
                        .orTimeout(30, TimeUnit.SECONDS));
            }
            List<Integer> statuses = sent.stream().map(CompletableFuture::join).toList();
            threads.shutdown();

            assertThat(statuses)
                    .as(deployment.log())
                    .allMatch(status -> List.of(200, 413, 503).contains(status));
            assertThat(statuses).contains(503);
            assertThat(deployment.metricsAtRest().sum("llmproxy_shed_total", "forward=\"large\""))
                    .isPositive();
            assertThat(deployment.log()).doesNotContain("OutOfMemoryError");
            RequestLoad.Outcome afterwards = RequestLoad.run(uri, 4, 100);
            assertThat(afterwards.failed()).as(afterwards.toString()).isZero();
            assertThat(upload(uri, half, new CountDownLatch(0))).isEqualTo(200);
        }
    }

    /** Sends half of a body, waits for the others, and sends the rest. Returns the status of the answer. */
    private static int upload(URI uri, byte[] half, CountDownLatch halves) {
        try (RawClient client = RawClient.connect(uri)) {
            client.send(
                    "POST " + Scene.CHAT + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + 2 * half.length + "\r\n\r\n");
            try {
                client.send(half);
                halves.countDown();
                halves.await();
                client.send(half);
            } catch (UncheckedIOException refused) {
                halves.countDown();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return client.answer().status();
        } catch (UncheckedIOException reset) {
            // Refused while it was sending: the answer was lost with the connection.
            return 503;
        }
    }

    @Tag("weighs")
    @Fault(
            value = "P6",
            on = {Kind.LAUNCHER, Kind.TOMCAT})
    void veryManySilentStreams(Kind kind) {
        int count = Integer.getInteger("llmproxy.idle.streams", 1000);
        Duration lasting = Duration.ofSeconds(Integer.getInteger("llmproxy.idle.seconds", 4));
        try (IdleStreams streams = IdleStreams.start();
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway().single("idle", streams.url(), "", "http_client: {heartbeat: 1}", ""),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        Deployment.AS_FAST_AS_IT_CAN)) {
            URI uri = deployment.forward("idle", "/v1/other");
            streams.open(uri, 200);
            Awaitility.await().atMost(LONG).until(() -> streams.alive() == 200);
            long before = deployment.process().residentBytes();
            streams.open(uri, count);
            Awaitility.await().atMost(LONG).until(() -> streams.alive() == 200 + count);
            int comments = streams.fewestComments();
            Duration used = deployment.process().cpu();

            IdleStreams.let(lasting);

            assertThat(streams.alive()).isEqualTo(200 + count);
            assertThat(streams.fewestComments() - comments).isGreaterThanOrEqualTo((int) lasting.toSeconds() - 1);
            assertThat((deployment.process().residentBytes() - before) / count)
                    .isLessThan(kind == Kind.LAUNCHER ? 60 << 10 : 200 << 10);
            assertThat(deployment.process().cpu().minus(used)).isLessThan(lasting.dividedBy(2));
        }
    }

    @Fault("P7")
    void everyUpstreamCallHangs(Kind kind) {
        Scene scene = world.scene(kind, "patient").first(Behaviour.hangs());
        List<RawClient> waiting = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                waiting.add(scene.open());
            }
            Awaitility.await()
                    .atMost(LONG)
                    .until(() -> scene.requests(world.first).size() == 300);
            for (String path : new String[] {"/health/live", "/health/ready", "/metrics"}) {
                long begin = System.nanoTime();
                assertThat(status(scene.deployment().admin(path))).as(path).isEqualTo(200);
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .as(path)
                        .isLessThan(FaultWorld.unlessBusy(SECOND));
            }
            Answer reload = RawClient.exchange(scene.deployment().admin("/admin/reload"), "POST", "", Scene.NOTHING);
            assertThat(reload.status()).isEqualTo(401);
            assertThat(scene.deployment().process().threads()).isLessThan(300);
        } finally {
            waiting.forEach(RawClient::reset);
        }
    }

    @Fault(value = "P8", on = Kind.TOMCAT)
    void aFilterThrows(Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(FINE);
                Deployment deployment = Deployment.startPrepared(
                        kind,
                        new Gateway().single("bombed", upstream.url(), "", "", "max_concurrent: 10"),
                        ProcessFaultsIT::addBomb,
                        "-Xmx128m")) {
            URI uri = deployment.forward("bombed", Scene.MESSAGES);
            for (String bomb : List.of("exception", "error")) {
                Answer answer = RawClient.exchange(uri, "POST", Bomb.HEADER + ": " + bomb + "\r\n", Scene.QUESTION);
                Scene.assertOurs(answer, 500, "internal_error");
                assertThat(answer.text()).contains("\"type\":\"error\"").doesNotContain("own");
            }
            assertThat(upstream.requests()).isEmpty();
            throwBombs(uri, 2000);
            long before = deployment.process().residentBytes();
            throwBombs(uri, 5000);
            assertThat(deployment.process().residentBytes() - before).isLessThan(24 << 20);
            assertThat(deployment.metricsAtRest().sum("llmproxy_http_request_errors_total", "error=\"internal_error\""))
                    .isEqualTo(7002);
            assertThat(RequestLoad.run(uri, 4, 100).failed()).isZero();
        }
    }

    private static void throwBombs(URI uri, int times) {
        byte[] request = ("POST " + uri.getPath()
                        + " HTTP/1.1\r\nHost: a\r\nX-Bomb: exception\r\nContent-Length: 0\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        RawClient client = RawClient.connect(uri);
        for (int i = 0; i < times; i++) {
            Answer answer = client.send(request).answer();
            assertThat(answer.status()).isEqualTo(500);
            if (answer.header("Connection").equalsIgnoreCase("close")) {
                client.close();
                client = RawClient.connect(uri);
            }
        }
        client.close();
    }

    /** Puts it before all web applications: the gateway's own filters and servlets come behind it. */
    private static void addBomb(Path base) {
        String filter = "<filter><filter-name>bomb</filter-name><filter-class>" + Bomb.class.getName()
                + "</filter-class><async-supported>true</async-supported></filter>"
                + "<filter-mapping><filter-name>bomb</filter-name><url-pattern>/*</url-pattern></filter-mapping></web-app>";
        Path web = base.resolve("conf").resolve("web.xml");
        try {
            for (Class<?> part : List.of(Bomb.class, Bomb.Armed.class)) {
                String file = part.getName().replace('.', '/') + ".class";
                Path copy = base.resolve("lib").resolve(file);
                Files.createDirectories(copy.resolveSibling("."));
                try (InputStream bytes = Objects.requireNonNull(part.getResourceAsStream("/" + file))) {
                    Files.copy(bytes, copy);
                }
            }
            Files.writeString(web, Files.readString(web).replace("</web-app>", filter));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Fault(value = "P9", on = Kind.TOMCAT)
    void manyRedeployments(Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(FINE);
                Deployment deployment = Deployment.startPrepared(
                        kind,
                        new Gateway().single("again", upstream.url(), "health_check: {interval: 200ms}", "", ""),
                        TomcatOperator::addManager)) {
            URI uri = deployment.forward("again", Scene.CHAT);
            redeploy(deployment, uri, 2);
            int threads = deployment.process().threads();
            redeploy(deployment, uri, Integer.getInteger("llmproxy.redeployments", 6) - 2);

            // Tomcat sees its own housekeeping thread in the application if it looks at the wrong moment.
            assertThat(deployment.log().lines().filter(line -> !line.contains("[Catalina-utility-")))
                    .noneMatch(line -> line.contains("memory leak")
                            || line.contains("failed to stop")
                            || line.contains("ThreadLocal"));
            Awaitility.await()
                    .atMost(LONG)
                    .untilAsserted(() -> assertThat(loaders(deployment)).isLessThanOrEqualTo(2));
            assertThat(deployment.process().threads() - threads).isLessThanOrEqualTo(3);
        }
    }

    private static void redeploy(Deployment deployment, URI uri, int times) {
        for (int i = 0; i < times; i++) {
            TomcatOperator.ask(deployment, "reload?path=/");
            assertThat(RawClient.exchange(uri, "POST", "", Scene.QUESTION).status())
                    .isEqualTo(200);
        }
    }

    /** How many class loaders of web applications there are after a collection, less the manager's own. */
    private static int loaders(Deployment deployment) {
        return Pattern.compile("(?m)^ *\\d+: +(\\d+) .*ParallelWebappClassLoader\\b")
                .matcher(deployment.process().tell("GC.class_histogram"))
                .results()
                .mapToInt(found -> Integer.parseInt(found.group(1)))
                .sum();
    }

    @Tag("measures")
    @Fault(value = "P10", on = Kind.LAUNCHER)
    void whatItNeedsIsNotThere(Kind kind) throws IOException {
        Path directory = Artefacts.workDirectory("missing");
        int port = Ports.free();
        String valid =
                new Gateway().single("one", "http://127.0.0.1:1", "", "", "").yaml(Map.of("one", port), Ports.free());
        Files.writeString(directory.resolve("good.yaml"), valid);
        Files.writeString(directory.resolve("bad.yaml"), valid.replace("upstream_groups", "upstream_gruops"));

        assertEnds(directory, "missing.yaml", 1, "missing.yaml");
        assertEnds(directory, "bad.yaml", 1, "upstream_gruops");
        try (ServerSocket taken = new ServerSocket(port)) {
            assertEnds(directory, "good.yaml", 3, Integer.toString(taken.getLocalPort()));
        }
    }

    private static void assertEnds(Path directory, String config, int code, String told) {
        List<String> command =
                List.of(Artefacts.java(), "-jar", Artefacts.launcher().toString(), "--config", config);
        Duration fastest = LONG;
        for (int attempt = 0; attempt < ATTEMPTS && fastest.compareTo(SECOND.multipliedBy(2)) > 0; attempt++) {
            long begin = System.nanoTime();
            try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
                assertThat(process.exitCode(LONG)).as(process.log()).isEqualTo(code);
                fastest = Duration.ofNanos(System.nanoTime() - begin);
                assertThat(process.log()).contains(told).doesNotContain("\tat ");
                assertThat(process.log().lines().count()).isLessThan(6);
            }
        }
        assertThat(fastest).isLessThanOrEqualTo(FaultWorld.unlessBusy(SECOND.multipliedBy(2)));
    }
}
