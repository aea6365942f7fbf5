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
import io.llmproxy.testing.RedisSentinels;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Three sentinels watch a Redis and its replica: when the replica takes over, the nodes go on counting there. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SentinelFailoverIT {
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int NODES = 2;
    private static final int FEW = 20;
    private static final int TOTAL = 1000;

    private static final RedisServer FIRST = RedisServer.start("--repl-diskless-sync-delay 0");
    private static final RedisServer SECOND = RedisServer.replicaOf(FIRST);
    private static final RedisSentinels SENTINELS = RedisSentinels.start(3, FIRST.port());
    private static final FakeUpstream UPSTREAM = FakeUpstream.start();
    private static final List<Deployment> DEPLOYMENTS = new ArrayList<>();

    private static Gateway gateway() {
        String keys =
                "keys: [{name: few, key: sk-few-0001, limits: [%s]}, {name: many, key: sk-many-0001, limits: [%s]}]"
                        .formatted(limit(FEW), limit(TOTAL));
        return new Gateway()
                .single("keyed", UPSTREAM.url(), "", "", keys)
                .top("redis: {sentinel: {master: main, nodes: %s}, prefix: failover}".formatted(SENTINELS.nodes()));
    }

    private static String limit(int amount) {
        return "{metric: requests, per: total, amount: %d, on_store_loss: closed}".formatted(amount);
    }

    @BeforeAll
    static void start() {
        UPSTREAM.otherwise(Behaviour.json("{}"));
        SENTINELS.awaitReady(1);
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
        UPSTREAM.close();
        SENTINELS.close();
        SECOND.close();
        FIRST.close();
    }

    /** What was counted so far is on both: nothing of it can be lost. */
    private static void awaitReplicated(RedisServer master, RedisServer replica) {
        long offset = master.info("master_repl_offset");
        assertThat(offset).isPositive();
        Awaitility.await().atMost(SOON).until(() -> replica.info("slave_repl_offset") >= offset);
    }

    private static List<String> changes(Deployment node) {
        return Pattern.compile("Redis at (\\S+ is (?:available|unavailable))")
                .matcher(node.log())
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static String address(RedisServer redis) {
        return "127.0.0.1:" + redis.port();
    }

    @Test
    @Order(1)
    void whenTheMasterDiesTheReplicaGoesOnWithWhatWasUsed() {
        int served = 0;
        for (int i = 0; i < FEW / 2; i++) {
            served += askUntilCounted(DEPLOYMENTS.get(i % NODES), "few").status() == 200 ? 1 : 0;
        }
        assertThat(served).isEqualTo(FEW / 2);
        awaitReplicated(FIRST, SECOND);
        List<Integer> before =
                DEPLOYMENTS.stream().map(node -> changes(node).size()).toList();
        FIRST.kill();
        for (Deployment node : DEPLOYMENTS) {
            awaitMode(node, "away");
            Answer refused = ask(node, "few");
            if (refused.status() != 503) {
                // It may be back already, on a machine where this took so long.
                assertThat(changes(node)).contains(address(SECOND) + " is available");
                served += refused.status() == 200 ? 1 : 0;
            }
        }
        DEPLOYMENTS.forEach(node -> awaitMode(node, "shared"));
        for (int i = 0; i < FEW; i++) {
            served += askUntilCounted(DEPLOYMENTS.get(i % NODES), "few").status() == 200 ? 1 : 0;
        }
        assertThat(served).isEqualTo(FEW);
        for (int i = 0; i < NODES; i++) {
            List<String> told = changes(DEPLOYMENTS.get(i));
            // A machine that is busy may lose sight of it for other reasons, but no loss is told twice.
            assertThat(told.subList(before.get(i), told.size()))
                    .startsWith(address(FIRST) + " is unavailable", address(SECOND) + " is available");
        }
    }

    @Test
    @Order(2)
    void underLoadNoMoreIsServedThanReplicationCanLose() {
        FIRST.again();
        FIRST.say("REPLICAOF 127.0.0.1 " + SECOND.port());
        SENTINELS.awaitReady(1);
        Awaitility.await()
                .atMost(SOON)
                .until(() -> SECOND.say("INFO replication").contains("state=online"));
        awaitReplicated(SECOND, FIRST);
        AtomicInteger served = new AtomicInteger();
        AtomicInteger during = new AtomicInteger();
        AtomicBoolean failing = new AtomicBoolean();
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (Deployment node : DEPLOYMENTS) {
            clients.add(CompletableFuture.runAsync(() -> {
                boolean within = failing.get();
                while (askUntilCounted(node, "many").status() == 200) {
                    served.incrementAndGet();
                    if (within || failing.get()) {
                        during.incrementAndGet();
                    }
                    within = failing.get();
                }
            }));
        }
        Awaitility.await().atMost(SOON).until(() -> served.get() >= TOTAL / 10);
        failing.set(true);
        SENTINELS.failOver();
        for (Deployment node : DEPLOYMENTS) {
            Awaitility.await().atMost(SOON).until(() -> {
                List<String> told = changes(node);
                return told.get(told.size() - 1).startsWith(address(FIRST) + " ");
            });
            awaitMode(node, "shared");
        }
        failing.set(false);
        clients.forEach(CompletableFuture::join);

        // A node gives back what it has not used: only then nothing is left.
        Awaitility.await().atMost(SOON).until(() -> {
            int more = (int) DEPLOYMENTS.stream()
                    .filter(node -> askUntilCounted(node, "many").status() == 200)
                    .count();
            served.addAndGet(more);
            return more == 0;
        });

        // Counted twice is at most what was counted while one took over from the other: by parts of a twentieth of what
        // is left.
        int parts = NODES * TOTAL / 20;
        assertThat(served.get())
                .isLessThanOrEqualTo(TOTAL + during.get() + parts)
                .isGreaterThanOrEqualTo(TOTAL * 8 / 10);
    }
}
