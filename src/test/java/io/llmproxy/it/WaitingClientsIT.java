package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RequestLoad;
import io.llmproxy.testing.UpstreamRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of clients that leave, or seem to, while the head of their answer is awaited. */
class WaitingClientsIT {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final String FINE = "{\"fine\":true}";
    private static final byte[] NOTHING = {};
    private static final byte[] QUESTION = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);

    private static final AtomicInteger PATHS = new AtomicInteger();

    private static FakeUpstream upstream;
    private static ServerSocket silent;
    private static Deployment deployment;

    @BeforeAll
    static void start() throws IOException {
        upstream = FakeUpstream.start();
        silent = new ServerSocket(0, 2000, InetAddress.getLoopbackAddress());
        Gateway gateway = new Gateway()
                .single("plain", upstream.url(), "breaker: {threshold: 0.5, cooldown: 60, window: 4}", "", "")
                .single("narrow", upstream.url(), "", "", "max_concurrent: 1")
                .single("silent", "http://127.0.0.1:" + silent.getLocalPort(), "", "", "");
        deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx128m", Deployment.AS_FAST_AS_IT_CAN);
    }

    @AfterAll
    static void stop() throws IOException {
        silent.close();
        upstream.close();
        deployment.close();
    }

    private static String path() {
        return "/v1/waiting/" + PATHS.incrementAndGet();
    }

    private static String id(String path) {
        return "leaves-" + path.replace("/", "-");
    }

    private static Stream<Consumer<RawClient>> waysToLeave() {
        return Stream.of(RawClient::close, RawClient::reset);
    }

    /** Waits until clients that have come until now are looked at. */
    private static void awaitLook() {
        String path = path();
        upstream.on(path, Behaviour.hangs());
        URI uri = deployment.forward("plain", path);
        try (RawClient last = RawClient.connect(uri)) {
            awaitToldSomething(last.send("GET", path, "", NOTHING).endOutput());
        }
    }

    /** A client that looks as if it had left is told something as soon as it is looked at. */
    private static void awaitToldSomething(RawClient client) {
        // The condition waits by itself.
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> !client.silentFor(Duration.ofMillis(20)));
    }

    private static RawClient ask(URI uri, String id) {
        return RawClient.connect(uri).send("POST", RawClient.target(uri), "X-Request-Id: " + id + "\r\n", QUESTION);
    }

    private static String line(String id) {
        return Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> accessLine(id), line -> !line.isEmpty());
    }

    private static String accessLine(String id) {
        return deployment
                .log()
                .lines()
                .filter(line -> line.contains(" " + id + " "))
                .findFirst()
                .orElse("");
    }

    @ParameterizedTest
    @MethodSource("waysToLeave")
    void aClientThatLeavesBeforeTheHeadOfTheAnswerIsNoticed(Consumer<RawClient> leave) {
        for (boolean lookedAt : new boolean[] {false, true}) {
            List<String> paths =
                    Stream.generate(WaitingClientsIT::path).limit(6).toList();
            paths.forEach(path -> upstream.on(path, Behaviour.hangs()));
            List<RawClient> clients = paths.stream()
                    .map(path -> ask(deployment.forward("plain", path), id(path)))
                    .toList();
            List<UpstreamRequest> requests =
                    paths.stream().map(upstream::awaitRequest).toList();
            if (lookedAt) {
                awaitLook();
            }

            clients.forEach(leave);

            assertThat(requests)
                    .allSatisfy(
                            request -> assertThat(request.awaitAborted(SOON)).isTrue());
            assertThat(paths)
                    .allSatisfy(path -> assertThat(line(id(path)))
                            .contains("outcome=client_gone")
                            .contains("attempts=1"));
        }
        String path = path();
        upstream.on(path, Behaviour.json(FINE));
        assertThat(RawClient.exchange(deployment.forward("plain", path), "GET", "", NOTHING)
                        .text())
                .as("the upstream is not to blame")
                .isEqualTo(FINE);
    }

    @Test
    void aClientThatOnlyEndsItsOutputGetsAnAnswer() {
        String path = path();
        upstream.on(path, Behaviour.delayed(Duration.ofSeconds(3), Behaviour.json(FINE)));

        try (RawClient client = ask(deployment.forward("plain", path), "half-closed")) {
            Answer answer = client.endOutput().answer();

            assertThat(answer.text()).isEqualTo(FINE);
            assertThat(answer.whole()).isTrue();
            assertThat(client.closedWithin(SOON)).isTrue();
        }
        assertThat(line("half-closed")).contains("outcome=completed");
    }

    @Test
    void aClientThatKeepsItsConnectionOpenSeesNothingOfIt() {
        String path = path();
        upstream.on(path, Behaviour.delayed(Duration.ofSeconds(1), Behaviour.json("1")), Behaviour.json("2"));
        URI uri = deployment.forward("plain", path);

        try (RawClient client = ask(uri, "first")) {
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(client.answer().text()).isEqualTo("1");
            assertThat(client.send("POST", path, "", QUESTION).answer().text()).isEqualTo("2");
        }
    }

    @Test
    void whatWasSentInAdvanceIsLeftAlone() {
        String first = path();
        String second = path();
        upstream.on(first, Behaviour.delayed(Duration.ofSeconds(2), Behaviour.json("1")));
        upstream.on(second, Behaviour.echo());

        try (RawClient client = ask(deployment.forward("plain", first), "in-advance-1")) {
            upstream.awaitRequest(first);
            client.send("POST", second, "", QUESTION).endOutput();

            assertThat(client.answer().text()).isEqualTo("1");
            assertThat(client.answer().body()).isEqualTo(QUESTION);
        }
    }

    @Test
    void aClientThatWaitsForItsTurnIsWatchedToo() {
        String occupied = path();
        String wanted = path();
        upstream.on(occupied, Behaviour.delayed(Duration.ofSeconds(3), Behaviour.json("1")));
        upstream.on(wanted, Behaviour.json(FINE));
        URI uri = deployment.forward("narrow", wanted);

        try (RawClient first = ask(deployment.forward("narrow", occupied), "occupies")) {
            upstream.awaitRequest(occupied);
            RawClient leaving = RawClient.connect(uri).send("GET", wanted, "X-Request-Id: leaves-line\r\n", NOTHING);
            try (RawClient staying =
                    RawClient.connect(uri).send("GET", wanted, "", NOTHING).endOutput()) {
                awaitToldSomething(staying);
                leaving.close();

                assertThat(Awaitility.await().atMost(SOON).until(() -> accessLine("leaves-line"), l -> !l.isEmpty()))
                        .contains("outcome=client_gone")
                        .contains("attempts=0");
                assertThat(first.answer().text()).isEqualTo("1");
                assertThat(staying.answer().text()).isEqualTo(FINE);
            }
        }
        assertThat(upstream.requests(wanted)).hasSize(1);
    }

    /** What so many requests cost that an upstream answers at once: how fast processors are differs, also from hour to hour. */
    private static Duration costOf(int requests) {
        String path = path();
        upstream.on(path, Behaviour.json(FINE));
        URI uri = deployment.forward("plain", path);
        // The first ones are dearer.
        for (int round = 0; round < 2; round++) {
            assertThat(RequestLoad.run(uri, 4, requests).failed()).isZero();
        }
        Duration before = deployment.process().cpu();
        assertThat(RequestLoad.run(uri, 4, requests).failed()).isZero();
        return deployment.process().cpu().minus(before);
    }

    @Test
    @Tag("measures")
    void aThousandWaitingClientsCostNextToNothing() throws IOException {
        URI uri = deployment.forward("silent", "/v1/chat/completions");
        int descriptors = deployment.process().descriptors();
        List<RawClient> clients = new ArrayList<>();
        for (int n = 0; n < 1000; n++) {
            RawClient client = RawClient.connect(uri).send("GET", RawClient.target(uri), "", NOTHING);
            // Half of them look as if they had left: they are the ones that are told something.
            clients.add(n % 2 == 0 ? client : client.endOutput());
        }
        for (int n = 1; n < clients.size(); n += 2) {
            awaitToldSomething(clients.get(n));
        }
        Duration used = deployment.process().cpuOver(Duration.ofSeconds(5));

        silent.close();
        clients.forEach(RawClient::close);

        assertThat(used)
                .as("what 2,000 requests a second cost here")
                .isLessThan(costOf(2000).multipliedBy(5));
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> deployment.process().descriptors() < descriptors + 50);
    }
}
