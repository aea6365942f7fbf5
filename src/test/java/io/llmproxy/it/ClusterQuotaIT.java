package io.llmproxy.it;

import static io.llmproxy.it.CountedRequests.ask;
import static io.llmproxy.it.CountedRequests.askUntilCounted;
import static io.llmproxy.it.CountedRequests.awaitMode;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RedisCluster;
import io.llmproxy.testing.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Two nodes share limits through a cluster: it loses none while its keys move, and limits say what holds while it is down. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterQuotaIT {
    private static final int NODES = 2;
    private static final int FEW = 20;

    private static RedisCluster cluster;
    private static FakeUpstream upstream;
    private static final List<Deployment> DEPLOYMENTS = new ArrayList<>();

    private static String key(String name, int amount, String loss) {
        return "{name: %1$s, key: sk-%1$s-0001, limits: [{metric: requests, per: total, amount: %2$d, on_store_loss: %3$s}]}"
                .formatted(name, amount, loss);
    }

    private static Gateway gateway() {
        List<String> keys = List.of(
                key("moved", FEW, "closed"),
                key("failed", FEW, "closed"),
                key("share", 1000, "share"),
                key("open", 1, "open"),
                key("closed", 1000, "closed"));
        return new Gateway()
                .single("keyed", upstream.url(), "", "", "keys: [" + String.join(", ", keys) + "]")
                .top("redis: {cluster: {nodes: %s}, prefix: it}".formatted(cluster.listed()));
    }

    @BeforeAll
    static void start() {
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        cluster = RedisCluster.start(RedisServer.Kind.REDIS, "it");
        List<CompletableFuture<Deployment>> starting = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            starting.add(CompletableFuture.supplyAsync(
                    () -> Deployment.start(Deployment.Kind.LAUNCHER, gateway(), "-Xmx96m")));
        }
        starting.forEach(one -> DEPLOYMENTS.add(one.join()));
        DEPLOYMENTS.forEach(node -> awaitMode(node, "shared"));
    }

    @AfterAll
    static void stop() {
        DEPLOYMENTS.forEach(Deployment::close);
        upstream.close();
        cluster.close();
    }

    private static int served(String key, int times) {
        int served = 0;
        for (int i = 0; i < times; i++) {
            served += askUntilCounted(DEPLOYMENTS.get(i % NODES), key).status() == 200 ? 1 : 0;
        }
        return served;
    }

    @Test
    @Order(1)
    void whenAReplicaTakesOverNothingIsCountedTwice() {
        int served = served("failed", FEW / 2);
        cluster.failOver();
        served += served("failed", FEW);
        assertThat(served).isEqualTo(FEW);
        assertThat(askUntilCounted(DEPLOYMENTS.get(1), "failed").status()).isEqualTo(429);
    }

    @Test
    @Order(2)
    void whileTheClusterIsDownEachLimitSaysWhatHolds() {
        Deployment node = DEPLOYMENTS.get(0);
        assertThat(askUntilCounted(node, "share").status()).isEqualTo(200);
        cluster.other().freeze();
        awaitMode(node, "away");
        assertThat(ask(node, "share").status()).isEqualTo(200);
        assertThat(ask(node, "open").status()).isEqualTo(200);
        assertThat(ask(node, "open").status()).isEqualTo(200);
        Answer refused = ask(node, "closed");
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("limits_unavailable");
        // A busy machine may be late before that.
        assertThat(node.log()).containsPattern("is unavailable: .*(it answers CLUSTERDOWN|no answer in time);");

        cluster.other().thaw();
        DEPLOYMENTS.forEach(each -> awaitMode(each, "shared"));
        assertThat(askUntilCounted(node, "closed").status()).isEqualTo(200);
    }

    @Test
    @Order(3)
    void whileTheKeysMoveTheSumHolds() {
        CompletableFuture<Integer> served = CompletableFuture.supplyAsync(() -> served("moved", 5 * FEW));
        cluster.beginMove();
        cluster.moveKeys();
        cluster.endMove();
        assertThat(served.join()).isEqualTo(FEW);
        DEPLOYMENTS.forEach(node -> awaitMode(node, "shared"));
        assertThat(askUntilCounted(DEPLOYMENTS.get(1), "moved").status()).isEqualTo(429);
        assertThat(cluster.other().say("KEYS *moved*")).contains("{it}:limit:");
    }
}
