package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RequestLoad;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;

/** Upstreams that are slow to find, go away, come back or cannot make up their mind. */
class NodeFaultsIT {
    /** A breaker may have opened again just before its upstream came back. */
    private static final Duration LONGEST_COOLDOWNS = Duration.ofSeconds(6);

    private static final Behaviour FINE = Behaviour.json("{\"fine\":true}");
    private static final int CLIENTS = 4;

    /** Longer than any close may be on its way. */
    private static final Duration WORK = Duration.ofSeconds(1);

    private final FaultWorld world = FaultWorld.fresh();

    @Fault("U4")
    void lookingUpANameTakesTooLong(Kind kind) {
        Scene slow = world.scene(kind, "slow-name");
        Scene others = world.scene(kind, "one").first(Behaviour.status(200, "Connection: close\r\n", "{}"));
        List<RawClient> waiting = new ArrayList<>();
        world.namesHang();
        long begin = System.nanoTime();
        try {
            for (int i = 0; i < 40; i++) {
                waiting.add(slow.open());
            }
            for (int i = 0; i < 20; i++) {
                long asked = System.nanoTime();
                assertThat(others.ask().status()).isEqualTo(200);
                assertThat(Duration.ofNanos(System.nanoTime() - asked))
                        .isLessThan(FaultWorld.unlessBusy(Duration.ofMillis(500)));
            }
            for (RawClient client : waiting) {
                Scene.assertOurs(client.answer(), 504, "upstream_connect_timeout");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isLessThan(FaultWorld.unlessBusy(Duration.ofSeconds(4)));
        } finally {
            world.namesAnswer();
            waiting.forEach(RawClient::close);
        }
        slow.assertUpstreamErrors("a", "upstream_connect_timeout", 40);
        slow.assertBreaker("a", 0, 40);
    }

    @Fault("U34")
    void streamsThatAreRefused(Kind kind) {
        Scene scene = world.scene(kind, "goodbye");
        int before = world.refusing.requests();

        for (int i = 0; i < 3; i++) {
            world.refusing.refuse(1);
            assertAnswered(scene.ask());
        }
        assertAnsweredSoon(scene);

        assertThat(world.refusing.requests() - before).isEqualTo(7);
        scene.assertBreaker("a", 4, 0);
        scene.assertNoUpstreamErrors();
    }

    @Fault("U34")
    void aRequestThatIsRefusedTwice(Kind kind) {
        Scene alone = world.scene(kind, "goodbye");
        int before = world.refusing.requests();
        world.refusing.refuse(2);

        Scene.assertOurs(alone.ask(), 502, "upstream_refused");

        assertThat(world.refusing.requests() - before).isEqualTo(2);
        alone.assertUpstreamErrors("a", "upstream_refused", 1);
        assertAnsweredSoon(alone);
        alone.assertBreaker("a", 1, 0);

        Scene two = world.scene(kind, "goodbye-two");
        world.refusing.refuse(2);

        assertAnswered(two.ask());

        assertThat(two.requests(world.second)).hasSize(1);
        assertAnsweredSoon(two);
        assertThat(two.requests(world.second)).hasSize(1);
        two.assertBreaker("a", 1, 0);
        two.assertBreaker("b", 1, 0);
    }

    @Fault("U34")
    void aConnectionThatSaysGoodbye(Kind kind) {
        Scene scene = world.scene(kind, "goodbye");
        int before = world.refusing.requests();
        assertAnswered(scene.ask());

        for (int i = 0; i < 5; i++) {
            List<RawClient> clients = new ArrayList<>();
            world.refusing.sayGoodbye(CLIENTS);
            try {
                for (int client = 0; client < CLIENTS; client++) {
                    clients.add(scene.open());
                }
                clients.forEach(client -> assertAnswered(client.answer()));
            } finally {
                clients.forEach(RawClient::close);
            }
            assertAnsweredSoon(scene);
        }

        assertThat(world.refusing.requests() - before).isEqualTo(1 + 5 * (2 * CLIENTS + 1));
        scene.assertBreaker("a", 1 + 5 * (CLIENTS + 1), 0);
        scene.assertNoUpstreamErrors();
    }

    @Fault("U34")
    void aStreamBehindTheLastOneOfAGoodbye(Kind kind) {
        Scene scene = world.scene(kind, "goodbye");
        assertAnswered(scene.ask());
        int before = world.refusing.requests();
        world.refusing.work();
        world.refusing.leaveOutAfter(WORK);
        try (RawClient worked = scene.open()) {
            awaitRequests(before + 1);
            try (RawClient leftOut = scene.open()) {
                assertAnswered(leftOut.answer());
            }
            Scene.assertOurs(worked.answer(), 502, "upstream_reset");
        }

        assertThat(world.refusing.requests() - before).isEqualTo(3);
        scene.assertUpstreamErrors("a", "upstream_reset", 1);
        scene.assertBreaker("a", 2, 1);
    }

    @Fault("U38")
    void anHttp2ConnectionThatDiesOverItsRequest(Kind kind) {
        Scene scene = world.scene(kind, "goodbye");
        assertAnswered(scene.ask());
        world.refusing.dieAfter(WORK);
        assertNotRepeated(scene);
        world.refusing.sayGoodbyeAfter(WORK);
        assertNotRepeated(scene);
        scene.assertUpstreamErrors("a", "upstream_reset", 2);
        scene.assertBreaker("a", 3, 2);
    }

    private void assertNotRepeated(Scene scene) {
        int before = world.refusing.requests();
        Scene.assertOurs(scene.ask(), 502, "upstream_reset");
        assertThat(world.refusing.requests() - before).isEqualTo(1);
        assertAnsweredSoon(scene);
    }

    private void awaitRequests(int count) {
        Awaitility.await().until(() -> world.refusing.requests() == count);
    }

    @Fault("U34")
    void aStreamThatFails(Kind kind) {
        Scene scene = world.scene(kind, "goodbye");
        assertAnswered(scene.ask());
        int before = world.refusing.requests();
        world.refusing.fail(1);

        Scene.assertOurs(scene.ask(), 502, "upstream_reset");

        assertThat(world.refusing.requests() - before)
                .as("may have been worked on")
                .isEqualTo(1);
        assertAnsweredSoon(scene);
        scene.assertBreaker("a", 2, 1);
    }

    private static void assertAnswered(Answer answer) {
        assertThat(answer.text()).as(answer.toString()).isEqualTo("{\"fine\":true}");
    }

    /** What came before must not hold up what comes after it. */
    private static void assertAnsweredSoon(Scene scene) {
        long asked = System.nanoTime();
        assertAnswered(scene.ask());
        assertThat(Duration.ofNanos(System.nanoTime() - asked))
                .isLessThan(FaultWorld.unlessBusy(Duration.ofSeconds(2)));
    }

    @Fault("U35")
    void oneOfThreeDies(Kind kind) {
        FakeUpstream mortal = FakeUpstream.start(world.mortal()).otherwise(FINE);
        try {
            Scene scene = world.scene(kind, "mortal");
            RequestLoad load = RequestLoad.start(scene.uri(Scene.CHAT), CLIENTS, Duration.ofMillis(2));
            Awaitility.await().until(() -> mortal.requests().size() > 50);

            mortal.die();
            int answers = load.answers();
            Awaitility.await().until(() -> load.answers() > answers + 300);
            CountDownLatch well = new CountDownLatch(1);
            FakeUpstream reborn = FakeUpstream.start(world.mortal()).otherwise(Behaviour.held(well, FINE));
            try {
                assertOneProbe(scene, reborn, FaultWorld.soon());
                reborn.otherwise(FINE);
                well.countDown();
                Awaitility.await()
                        .atMost(FaultWorld.soon())
                        .until(() -> reborn.requests().size() > 20);
            } finally {
                well.countDown();
                RequestLoad.Outcome outcome = load.stop();
                assertThat(outcome.failed()).as(outcome.toString()).isLessThanOrEqualTo(CLIENTS);
                reborn.close();
            }
            String node = "upstream=\"mortal-c\"";
            double errors = scene.growth("llmproxy_upstream_errors_total", node);
            assertThat(errors).isBetween(1.0, CLIENTS + 10.0);
            assertThat(scene.growth("llmproxy_circuitbreaker_state_changes_total", node, "to=\"open\""))
                    .isGreaterThanOrEqualTo(1);
            assertThat(scene.growth("llmproxy_circuitbreaker_state_changes_total", node, "to=\"closed\""))
                    .isGreaterThanOrEqualTo(1);
        } finally {
            mortal.close();
        }
    }

    @Fault("U36")
    void allAreDown(Kind kind) {
        Scene scene = world.scene(kind, "down");
        Awaitility.await().atMost(FaultWorld.soon()).until(() -> scene.ask().status() == 503);
        Awaitility.await()
                .until(() -> scene.growth("llmproxy_http_request_errors_total", "forward=\"faults\"", "status=\"503\"")
                        == 1);
        Scene open = world.scene(kind, "down");
        long begin = System.nanoTime();

        Answer answer = open.ask();

        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isLessThan(FaultWorld.unlessBusy(Duration.ofMillis(500)));
        Scene.assertOurs(answer, 503, "no_upstream_available");
        assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1, 2);
        open.assertClientErrors("no_upstream_available", 503, 1);
        open.assertBreaker("a", 0, 0);
        open.assertBreaker("b", 0, 0);
        RequestLoad load = RequestLoad.start(scene.uri(Scene.CHAT), CLIENTS, Duration.ofMillis(5));
        CountDownLatch well = new CountDownLatch(1);
        try (FakeUpstream back = FakeUpstream.start(world.mortal()).otherwise(Behaviour.held(well, FINE))) {
            assertOneProbe(scene, back, LONGEST_COOLDOWNS);
            back.otherwise(FINE);
            well.countDown();
            Awaitility.await().atMost(LONGEST_COOLDOWNS).until(() -> scene.ask().status() == 200);
            load.stop();
        } finally {
            well.countDown();
            load.close();
        }
    }

    /** An upstream that holds its answer back gets one request, however many others are answered meanwhile. */
    private static void assertOneProbe(Scene scene, FakeUpstream back, Duration limit) {
        Awaitility.await().atMost(limit).until(() -> !back.requests().isEmpty());
        for (int i = 0; i < 2 * CLIENTS; i++) {
            scene.ask();
        }
        assertThat(back.requests()).as("probes at once").hasSize(1);
    }

    @Fault("U37")
    void oneThatFailsEveryOtherTime(Kind kind) {
        Scene scene = world.scene(kind, "flapping");
        scene.first(Behaviour.alternates(Behaviour.status(503, "", ""), FINE));

        RequestLoad.Outcome outcome = RequestLoad.run(scene.uri(Scene.CHAT), CLIENTS, 600);

        assertThat(outcome.failed()).as(outcome.toString()).isLessThanOrEqualTo(6);
        int calls = scene.requests(world.first).size()
                + scene.requests(world.second).size()
                + scene.requests(world.third).size();
        assertThat(calls).isLessThanOrEqualTo(720);
        assertThat(scene.growth("llmproxy_upstream_requests_total", "group=\"flapping\""))
                .isBetween((double) calls, 720.0);
    }
}
