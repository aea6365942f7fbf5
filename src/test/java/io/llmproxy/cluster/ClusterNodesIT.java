package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.ClusterConfig;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.quota.LeaseCall;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RedisCluster;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A real cluster: its nodes say where the keys are, also while they move. */
@ParameterizedClass
@EnumSource(RedisServer.Kind.class)
class ClusterNodesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration PATIENT = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofSeconds(2);

    private final RedisServer.Kind kind;
    private final AtomicLong number = new AtomicLong(100);

    ClusterNodesIT(RedisServer.Kind kind) {
        this.kind = kind;
    }

    private static RedisConfig config(List<String> nodes, Duration timeout) {
        return new RedisConfig(null, null, new ClusterConfig(nodes, false), null, null, null, "test", timeout, null);
    }

    private static String address(RedisServer server) {
        return "127.0.0.1:" + server.port();
    }

    private static LeaseCall call(String limit, long used) {
        return new LeaseCall(limit, LeaseCall.Kind.WINDOW, 1_000, 0, used, 0, 0, 0, 0, 0);
    }

    private long used(RedisLink link, String limit, long more) throws StoreAwayException {
        RedisLink.Answer answer = link.say(number.incrementAndGet(), List.of(call(limit, more)));
        return Objects.requireNonNull(answer.replies().get(0).counted()).used();
    }

    private String reason(RedisLink link, String limit) {
        StoreAwayException away = catchThrowableOfType(StoreAwayException.class, () -> used(link, limit, 0));
        return away == null ? "none" : away.reason();
    }

    private String opened(RedisLink link) {
        StoreAwayException away = catchThrowableOfType(StoreAwayException.class, link::open);
        return away == null ? reason(link, "some") : away.reason();
    }

    private String opened(RedisConfig config) {
        try (RedisLink link = new RedisLink(config, "one", "one")) {
            return opened(link);
        }
    }

    @Test
    void anyNodeSaysWhereTheKeysAre() throws StoreAwayException {
        try (RedisCluster cluster = RedisCluster.start(kind, "test")) {
            for (String node : cluster.nodes()) {
                try (RedisLink link = new RedisLink(config(List.of(node), PATIENT), "one", "one")) {
                    assertThat(link.name()).isEqualTo("the cluster of " + node);
                    link.open();
                    assertThat(link.name()).isEqualTo(address(cluster.owner()));
                    used(link, "some", 1);
                    assertThat(link.exchange(Notes.NONE)).isEqualTo(Notes.NONE);
                    assertThat(link.mayMove()).isTrue();
                }
            }
            try (RedisLink link = new RedisLink(config(cluster.nodes(), PATIENT), "two", "two")) {
                link.open();
                assertThat(used(link, "some", 0)).isEqualTo(4);
            }
            // Two are asked at a time.
            String dead = "127.0.0.1:" + Ports.free();
            List<String> some = List.of(dead, dead, cluster.nodes().get(0));
            try (RedisLink link = new RedisLink(config(some, PATIENT), "one", "one")) {
                assertThat(opened(link)).isEqualTo("cluster node " + dead + ": no connection");
                assertThat(opened(link)).isEqualTo("none");
            }
            // One of a cluster, as if it were alone.
            RedisConfig alone =
                    new RedisConfig(cluster.other().url(), null, null, null, null, null, "test", PATIENT, null);
            assertThat(opened(alone)).isEqualTo("it is one node of a cluster (expected: `redis.cluster`)");
        }
        try (RedisServer single = RedisServer.start(kind)) {
            assertThat(opened(config(List.of(address(single)), PATIENT)))
                    .isEqualTo("cluster node " + address(single)
                            + ": it is not a node of a cluster (expected: `redis.url`)");
        }
    }

    @Test
    void keysThatMoveAreFollowed() throws StoreAwayException {
        try (RedisCluster cluster = RedisCluster.start(kind, "test");
                RedisLink link = new RedisLink(config(cluster.nodes(), PATIENT), "one", "one")) {
            link.open();
            assertThat(used(link, "moved", 100)).isEqualTo(100);
            cluster.beginMove();
            assertThat(used(link, "moved", 10)).isEqualTo(110);
            // Half of its keys would be here, and half there.
            assertThat(reason(link, "new")).isEqualTo("it answers TRYAGAIN");
            cluster.moveKeys();
            assertThat(used(link, "moved", 10)).isEqualTo(120);
            assertThat(reason(link, "new")).isEqualTo("it answers TRYAGAIN");
            assertThat(link.name()).isEqualTo(address(cluster.owner()));
            assertThat(link.hasMoved()).isFalse();
            cluster.endMove();
            List<LeaseCall> last = List.of(call("moved", 10));
            RedisLink.Answer first = link.say(number.incrementAndGet(), last);
            assertThat(link.name()).isEqualTo(address(cluster.other()));
            assertThat(link.hasMoved()).isTrue();
            assertThat(link.say(number.get(), last).replies()).isEqualTo(first.replies());
            assertThat(used(link, "moved", 0)).isEqualTo(130);
            assertThat(used(link, "new", 1)).isEqualTo(1);
        }
    }

    @Test
    void theReplicaTakesOverWithWhatWasCounted() throws StoreAwayException {
        try (RedisCluster cluster = RedisCluster.start(kind, "test");
                RedisLink link = new RedisLink(config(cluster.nodes(), SHORT), "one", "one")) {
            link.open();
            assertThat(used(link, "some", 100)).isEqualTo(100);
            cluster.failOver();
            Awaitility.await().atMost(SOON).until(() -> reason(link, "some").equals("none"));
            assertThat(link.name()).isEqualTo(address(cluster.owner()));
            assertThat(used(link, "some", 10)).isEqualTo(110);
            cluster.awaitReplicated();

            // It does not answer any more, and the other way round.
            cluster.owner().freeze();
            assertThat(reason(link, "some")).isEqualTo("no answer in time");
            Awaitility.await().atMost(SOON).until(() -> opened(link).equals("none"));
            assertThat(link.name()).isEqualTo(address(cluster.replica()));
            assertThat(used(link, "some", 0)).isEqualTo(110);
            cluster.owner().thaw();

            // Without all slots, none is served.
            cluster.other().kill();
            Awaitility.await().atMost(SOON).until(() -> opened(link).equals("it answers CLUSTERDOWN"));
        }
    }
}
