package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import java.time.Duration;
import java.util.List;

/** Upstreams to which no connection can be made, or none that holds. */
class ConnectFaultsIT {
    private static final Behaviour FINE = Behaviour.json("{\"fine\":true}");
    /** From so long on, a request that a connection died under may have been worked on. */
    private static final Duration WORK = Duration.ofMillis(250);

    private final FaultWorld world = FaultWorld.fresh();

    /** The group's first upstream cannot be reached, the second one can. */
    private void othersTakeOver(Kind kind, String group, String code) {
        Scene scene = world.scene(kind, group).second(FINE);

        Answer answer = scene.ask();

        assertThat(answer.text()).as(answer.toString()).isEqualTo("{\"fine\":true}");
        scene.assertCalls(0, 1);
        scene.assertUpstreamErrors("a", code, 1);
        scene.assertBreaker("a", 0, 1);
        scene.assertBreaker("b", 1, 0);
    }

    /** The group's only upstream cannot be reached. Returns how long it took to say so. */
    private Duration nobodyTakesOver(Kind kind, String group, int status, String code) {
        Scene scene = world.scene(kind, group + "-alone");
        long begin = System.nanoTime();

        Answer answer = scene.ask();

        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        Scene.assertOurs(answer, status, code);
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        scene.assertCalls(0, 0);
        scene.assertUpstreamErrors("a", code, 1);
        scene.assertBreaker("a", 0, 1);
        scene.assertClientErrors(code, status, 1);
        return took;
    }

    @Fault("U1")
    void nobodyListens(Kind kind) {
        othersTakeOver(kind, "refused", "upstream_connect_error");
        nobodyTakesOver(kind, "refused", 502, "upstream_connect_error");
        assertThat(nobodyTakesOver(kind, "refused", 502, "upstream_connect_error"))
                .isLessThan(FaultWorld.unlessBusy(Duration.ofMillis(500)));
    }

    @Fault("U2")
    void nobodyAccepts(Kind kind) {
        othersTakeOver(kind, "unaccepted", "upstream_connect_timeout");
        assertThat(nobodyTakesOver(kind, "unaccepted", 504, "upstream_connect_timeout"))
                .isBetween(Duration.ofMillis(900), FaultWorld.unlessBusy(Duration.ofMillis(2500)));
    }

    @Fault("U3")
    void aNameThatIsUnknown(Kind kind) {
        othersTakeOver(kind, "unnamed", "upstream_connect_error");
        nobodyTakesOver(kind, "unnamed", 502, "upstream_connect_error");
    }

    @Fault("U3")
    void aNameThatIsNoLongerKnown(Kind kind) {
        Scene scene = world.scene(kind, "moving");
        world.nameIs(true);
        try {
            assertThat(scene.ask().status()).isEqualTo(200);
            world.nameIs(false);
            // The upstream ends the pooled connection, so that the next request needs a new one.
            scene.first(Behaviour.status(200, "Connection: close\r\n", "{}"), FINE);
            assertThat(scene.ask().status()).isEqualTo(200);
            Answer answer = scene.ask();
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            scene.assertNoUpstreamErrors();
        } finally {
            world.nameIs(true);
        }
    }

    @Fault("U5")
    void certificatesThatAreWrong(Kind kind) {
        for (String group : new String[] {"self-signed", "wrong-host", "expired", "no-tls"}) {
            othersTakeOver(kind, group, "upstream_tls_error");
            nobodyTakesOver(kind, group, 502, "upstream_tls_error");
        }
        for (FakeUpstream secure : new FakeUpstream[] {world.selfSigned, world.wrongHost, world.expired}) {
            assertThat(secure.requests()).isEmpty();
        }
    }

    @Fault("U6")
    void aPooledConnectionThatIsDead(Kind kind) {
        for (Behaviour death : new Behaviour[] {Behaviour.closesUnanswered(), Behaviour.resets()}) {
            Scene scene;
            Answer answer;
            int connections;
            int tries = 0;
            boolean late;
            do {
                scene = world.scene(kind, "one").first(FINE, death, FINE);
                assertThat(scene.ask().status()).isEqualTo(200);
                connections = world.first.connections();
                long begin = System.nanoTime();
                answer = scene.ask();
                late = System.nanoTime() - begin > WORK.toNanos();
                // It is in the pool a moment after the client has the answer: an early question gets its own. And what
                // a busy
                // machine learns late may have been worked on.
            } while (answer.status() != 200 && (late || world.first.connections() > connections) && ++tries < 20);

            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            scene.assertCalls(3, 0);
            scene.assertBreaker("a", 2, 0);
            scene.assertNoUpstreamErrors();
        }
    }

    /** A second request goes to the upstream on the connection of the first, which does not survive it. */
    private Scene onPooledConnection(Kind kind, Behaviour death, String code) {
        for (int attempt = 0; attempt < 20; attempt++) {
            Scene scene = world.scene(kind, "one").first(FINE, death, FINE);
            assertThat(scene.ask().status()).isEqualTo(200);
            int connections = world.first.connections();

            Answer answer = scene.ask();

            boolean pooled = world.first.connections() == connections;
            if (pooled || scene.requests(world.first).size() > 2) {
                Scene.assertOurs(answer, 502, code);
                return scene;
            }
        }
        throw new AssertionError("no connection was used twice");
    }

    private void dies(Kind kind, Behaviour death, String code) {
        Scene scene = onPooledConnection(kind, death, code);

        scene.assertCalls(2, 0);
        scene.assertBreaker("a", 1, 1);
        scene.assertUpstreamErrors("a", code, 1);
    }

    @Fault("U38")
    void aPooledConnectionThatDiesOverItsRequest(Kind kind) {
        Duration work = Duration.ofMillis(400);
        List<Behaviour> deaths = List.of(
                Behaviour.delayed(work, Behaviour.closesUnanswered()),
                Behaviour.delayed(work, Behaviour.resets()),
                Behaviour.interim(103, 1, Behaviour.closesUnanswered()),
                Behaviour.interim(100, 1, Behaviour.closesUnanswered()));
        for (Behaviour death : deaths) {
            dies(kind, death, "upstream_reset");
        }
        dies(kind, Behaviour.raw("HTTP/1.1 200 OK\r\nContent-"), "upstream_bad_response");
    }
}
