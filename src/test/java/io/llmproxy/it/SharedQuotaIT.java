package io.llmproxy.it;

import static io.llmproxy.it.CountedRequests.CHAT;
import static io.llmproxy.it.CountedRequests.QUESTION;
import static io.llmproxy.it.CountedRequests.ask;
import static io.llmproxy.it.CountedRequests.askUntilCounted;
import static io.llmproxy.it.CountedRequests.awaitMode;
import static io.llmproxy.it.CountedRequests.changes;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Several nodes and a real Redis, or a real Valkey: together they never exceed a limit, and no request waits for a store that is away. */
@ParameterizedClass
@EnumSource(RedisServer.Kind.class)
class SharedQuotaIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final byte[] STREAMED =
            "{\"model\":\"m\",\"stream\":true,\"messages\":[]}".getBytes(StandardCharsets.UTF_8);
    private static final List<String> STREAM = List.of(
            event("\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]"),
            event("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]"),
            event("\"choices\":[],\"usage\":{\"prompt_tokens\":60,\"completion_tokens\":40,\"total_tokens\":100}"));
    private static final int NODES = 3;
    private static final int TOTAL = 300;

    private static RedisServer.Kind kind;
    private static RedisServer redis;
    private static FakeUpstream upstream;
    private static final List<Deployment> DEPLOYMENTS = new ArrayList<>();

    private static String event(String members) {
        return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",%s}\n\n"
                .formatted(members);
    }

    private static String key(String name, String limit) {
        return "{name: %1$s, key: sk-%1$s-0001, limits: [%2$s]}".formatted(name, limit);
    }

    private static Gateway gateway() {
        List<String> keys = List.of(
                key("share", "{metric: requests, per: hour, amount: 100000}"),
                key("open", "{metric: requests, per: hour, amount: 1, on_store_loss: open}"),
                key("closed", "{metric: requests, per: hour, amount: 100000, on_store_loss: closed}"),
                key("single", "{metric: concurrent, amount: 1, on_store_loss: closed}"),
                key("few", "{metric: requests, per: total, amount: 5, on_store_loss: closed}"),
                key("foreign", "{metric: requests, per: total, amount: 7, on_store_loss: closed}"));
        return new Gateway()
                .single("all", upstream.url(), "", "", "")
                .single("keyed", upstream.url(), "", "", "keys: [%s]".formatted(String.join(", ", keys)))
                .top("limits: [{metric: requests, per: total, amount: %d, models: [\"load\"]}]".formatted(TOTAL))
                .top("redis: {url: \"%s\", prefix: it}".formatted(redis.url()));
    }

    /** @param kind of the server that all tests use, which is started before */
    SharedQuotaIT(RedisServer.Kind kind) {}

    @BeforeParameterizedClassInvocation
    static void start(RedisServer.Kind ofStore) {
        kind = ofStore;
        redis = RedisServer.start(kind);
        upstream = FakeUpstream.start();
        upstream.otherwise(Behaviour.json("{}"));
        List<CompletableFuture<Deployment>> starting = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            starting.add(CompletableFuture.supplyAsync(
                    () -> Deployment.start(Deployment.Kind.LAUNCHER, gateway(), "-Xmx96m")));
        }
        starting.forEach(one -> DEPLOYMENTS.add(one.join()));
    }

    /** What is told of one node says nothing of the others: each looks for Redis by itself. */
    @BeforeEach
    void awaitRedis() {
        DEPLOYMENTS.forEach(one -> awaitMode(one, "shared"));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        DEPLOYMENTS.forEach(Deployment::close);
        DEPLOYMENTS.clear();
        upstream.close();
        redis.close();
    }

    @Test
    void theSumNeverExceedsTheLimit() {
        Deployment first = DEPLOYMENTS.get(0);
        String body = "{\"model\":\"load\"}";
        List<CompletableFuture<Integer>> loads = new ArrayList<>();
        for (Deployment node : DEPLOYMENTS) {
            for (int client = 0; client < 2; client++) {
                loads.add(CompletableFuture.supplyAsync(() -> {
                    int served = 0;
                    for (int i = 0; i < TOTAL / 3; i++) {
                        Answer answer = RawClient.exchange(
                                node.forward("all", CHAT),
                                "POST",
                                "Content-Type: application/json\r\nConnection: close\r\n",
                                body.getBytes(StandardCharsets.UTF_8));
                        assertThat(answer.status()).isIn(200, 429);
                        served += answer.status() == 200 ? 1 : 0;
                    }
                    return served;
                }));
            }
        }
        int served = loads.stream().mapToInt(CompletableFuture::join).sum();

        // Of 600 that were asked for.
        assertThat(served).isLessThanOrEqualTo(TOTAL).isGreaterThanOrEqualTo(TOTAL * 95 / 100);
        // A node that has lost sight of Redis for a moment, as on a busy machine, looks again with its next request.
        Awaitility.await().atMost(SOON).until(() -> {
            RawClient.exchange(
                    first.forward("all", CHAT),
                    "POST",
                    "Content-Type: application/json\r\nConnection: close\r\n",
                    body.getBytes(StandardCharsets.UTF_8));
            return first.metrics().sum("llmproxy_limit_remaining", "subject=\"gateway\"") < TOTAL * 0.05;
        });
    }

    @Test
    void aSmallLimitIsExactAndWhatWasUsedOutlivesAFlush() {
        int served = 0;
        for (int i = 0; i < 9; i++) {
            boolean flushed = i == 3;
            if (flushed) {
                redis.say("FLUSHALL");
            }
            // The first to ask after it is a node that knows nothing.
            served += askUntilCounted(DEPLOYMENTS.get(flushed ? 2 : 0), "few").status() == 200 ? 1 : 0;
        }
        assertThat(served).isEqualTo(5);
        Answer refused = askUntilCounted(DEPLOYMENTS.get(1), "few");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("insufficient_quota");
    }

    @Test
    void aLimitThatRedisCannotCountTakesNoOtherWithIt() {
        Deployment node = DEPLOYMENTS.get(1);
        assertThat(askUntilCounted(node, "foreign").status()).isEqualTo(200);
        String found = redis.say("KEYS {it}:limit:*foreign*")
                .lines()
                .skip(2)
                .findFirst()
                .orElseThrow();
        // It has spaces.
        String key = '"' + found + '"';
        String name = found.replace("{it}:limit:", "");
        assertThat(redis.say("SET " + key + " text")).as(key).startsWith("+OK");
        Answer refused =
                Awaitility.await().atMost(SOON).until(() -> ask(node, "foreign"), answer -> answer.status() != 200);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("limits_unavailable");
        assertThat(askUntilCounted(node, "closed").status()).isEqualTo(200);
        awaitMode(node, "shared");
        assertThat(node.log()).containsOnlyOnce("cannot count");

        redis.say("DEL " + key);
        Awaitility.await().atMost(SOON).until(() -> ask(node, "foreign").status() == 200);

        redis.say("HSET " + key + " used inf");
        Awaitility.await().atMost(SOON).until(() -> ask(node, "foreign").status() != 200);
        assertThat(askUntilCounted(node, "closed").status()).isEqualTo(200);
        awaitMode(node, "shared");
        assertThat(node.log()).containsOnlyOnce("cannot count " + name + ": it answers OUTOFRANGE;");
        redis.say("DEL " + key);
        Awaitility.await().atMost(SOON).until(() -> ask(node, "foreign").status() == 200);
    }

    private static Gateway moving(RedisServer redis) {
        return keyed().top("redis: {url: \"%s\", prefix: moved}".formatted(redis.url()));
    }

    private static Gateway keyed() {
        return new Gateway()
                .single(
                        "keyed",
                        upstream.url(),
                        "",
                        "",
                        "keys: [%s, %s, %s]"
                                .formatted(
                                        key(
                                                "closed",
                                                "{metric: requests, per: hour, amount: 1000000, on_store_loss: closed}"),
                                        key("few", "{metric: requests, per: total, amount: 5}"),
                                        key("long", "{metric: output, per: total, amount: 100000}")));
    }

    private static void reload(Deployment node, Gateway next, int version) {
        node.reconfigure(next);
        node.process().signal("HUP");
        Awaitility.await().atMost(SOON).until(() -> node.log().contains("configuration " + version + " is in use"));
    }

    @Test
    void anotherRedisTakesOverWithoutARefusalAndWhatIsOpenIsSettled() {
        try (RedisServer other = RedisServer.start(kind);
                Deployment node = Deployment.start(Deployment.Kind.LAUNCHER, moving(redis), "-Xmx96m")) {
            awaitMode(node, "shared");
            LockStep steps = new LockStep();
            upstream.reset();
            upstream.otherwise(Behaviour.json("{}")).on(CHAT, Behaviour.lockStep(steps, STREAM));
            try (RawClient client = RawClient.connect(node.forward("keyed", CHAT))) {
                client.send("POST", CHAT, "Authorization: Bearer sk-long-0001\r\n", STREAMED);
                client.head();
                client.event();
                upstream.on(CHAT, Behaviour.json("{}"));
                assertThat(askUntilCounted(node, "few").status()).isEqualTo(200);
                assertThat(askUntilCounted(node, "few").status()).isEqualTo(200);
                assertThat(used(redis, "long")).isNotEqualTo("40");

                AtomicBoolean over = new AtomicBoolean();
                CompletableFuture<Set<Integer>> asked = CompletableFuture.supplyAsync(() -> {
                    Set<Integer> statuses = new TreeSet<>();
                    while (!over.get()) {
                        statuses.add(ask(node, "closed").status());
                    }
                    return statuses;
                });
                reload(node, moving(other), 2);
                awaitMode(node, "shared");
                over.set(true);
                // On a busy machine it may lose sight of Redis for a moment, and says so.
                if (!node.log().contains("is unavailable")) {
                    assertThat(asked.join()).containsExactly(200);
                }
                steps.finish();
                client.event();
                client.event();
            }
            // The one before is closed with the last of what began with it.
            Awaitility.await().atMost(SOON).until(() -> used(redis, "long").equals("40"));
            for (int i = 0; i < 3; i++) {
                assertThat(askUntilCounted(node, "few").status()).isEqualTo(200);
            }
            assertThat(askUntilCounted(node, "few").status()).isEqualTo(429);
        }
    }

    /** The Redis before may be gone when a stream ends that began with it, and a process is one node all the time. */
    @Test
    void whatIsOpenIsToldToTheNextRedisThoughTheFirstIsAway() {
        try (RedisServer first = RedisServer.start(kind);
                RedisServer other = RedisServer.start(kind);
                Deployment node = Deployment.start(Deployment.Kind.LAUNCHER, moving(first), "-Xmx96m")) {
            awaitMode(node, "shared");
            LockStep steps = new LockStep();
            upstream.reset();
            upstream.otherwise(Behaviour.json("{}")).on(CHAT, Behaviour.lockStep(steps, STREAM));
            try (RawClient client = RawClient.connect(node.forward("keyed", CHAT))) {
                client.send("POST", CHAT, "Authorization: Bearer sk-long-0001\r\n", STREAMED);
                client.head();
                client.event();
                // The same Redis, told by another name: its former session goes on.
                String named = first.url().replace("127.0.0.1", "localhost");
                reload(node, keyed().top("redis: {url: \"%s\", prefix: moved}".formatted(named)), 2);
                awaitMode(node, "shared");
                Awaitility.await()
                        .atMost(SOON)
                        .until(() -> first.say("KEYS {moved}:answer:*")
                                        .lines()
                                        .filter(line -> line.startsWith("{"))
                                        .count()
                                == 2);
                assertThat(first.say("ZCARD {moved}:nodes")).startsWith(":1");
                // And reached with another time-out: that is no other session.
                reload(node, keyed().top("redis: {url: \"%s\", prefix: moved, timeout: 50ms}".formatted(named)), 3);
                awaitMode(node, "shared");
                assertThat(node.log().split("is available", -1)).hasSize(3);

                reload(node, moving(other), 4);
                awaitMode(node, "shared");
                first.kill();
                steps.finish();
                client.event();
                client.event();
            }
            Awaitility.await()
                    .atMost(SOON)
                    .ignoreExceptions()
                    .until(() -> used(other, "long").equals("40"));
        }
    }

    @Test
    void whatWasUsedIsHandedOnWhenRedisComesAndGoes() {
        try (RedisServer redis = RedisServer.start(kind);
                Deployment node = Deployment.start(Deployment.Kind.LAUNCHER, keyed(), "-Xmx96m")) {
            upstream.reset();
            upstream.otherwise(Behaviour.json("{}"));
            assertThat(ask(node, "few").status()).isEqualTo(200);
            assertThat(ask(node, "few").status()).isEqualTo(200);
            reload(node, moving(redis), 2);
            awaitMode(node, "shared");
            assertThat(askUntilCounted(node, "few").status()).isEqualTo(200);
            Awaitility.await()
                    .atMost(SOON)
                    .ignoreExceptions()
                    .until(() -> used(redis, "few").equals("3"));

            reload(node, keyed(), 3);
            assertThat(ask(node, "few").status()).isEqualTo(200);
            assertThat(ask(node, "few").status()).isEqualTo(200);
            assertThat(ask(node, "few").status()).isEqualTo(429);
        }
    }

    /** What a Redis says that is used of a limit in total. */
    private static String used(RedisServer redis, String key) {
        String found = redis.say("KEYS {moved}:limit:*%s*".formatted(key))
                .lines()
                .skip(2)
                .findFirst()
                .orElseThrow();
        return redis.say("HGET \"%s\" used".formatted(found))
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void permitsOfANodeThatIsKilledComeBack() {
        Deployment doomed = Deployment.start(Deployment.Kind.LAUNCHER, gateway(), "-Xmx96m");
        awaitMode(doomed, "shared");
        Deployment other = DEPLOYMENTS.get(1);
        // What came before would be taken for the request that is waited for.
        upstream.reset();
        upstream.otherwise(Behaviour.json("{}")).on(CHAT, Behaviour.hangs());
        try (RawClient client = RawClient.connect(doomed.forward("keyed", CHAT))) {
            client.send("POST", CHAT, "Authorization: Bearer sk-single-0001\r\n", QUESTION);
            upstream.awaitRequest(CHAT);
            upstream.on(CHAT, Behaviour.json("{}"));
            assertThat(askUntilCounted(other, "single").status()).isEqualTo(429);
            doomed.process().kill();
        }
        Awaitility.await().atMost(SOON).until(() -> ask(other, "single").status() == 200);
        doomed.close();
    }

    @Test
    void aStoreThatIsAwayIsToldOnceAndDoneWithout() {
        Deployment node = DEPLOYMENTS.get(2);
        int before = changes(node).size();
        redis.freeze();
        withoutTheStore(node, "no answer in time");
        redis.thaw();
        awaitMode(node, "shared");

        redis.kill();
        withoutTheStore(node, "no connection|the connection broke");
        redis.again();
        awaitMode(node, "shared");

        redis.say("SET {it}:nodes text");
        withoutTheStore(node, "it answers WRONGTYPE");
        redis.say("DEL {it}:nodes");
        awaitMode(node, "shared");

        redis.say("REPLICAOF 127.0.0.1 1");
        withoutTheStore(node, "it answers READONLY");
        redis.say("REPLICAOF NO ONE");
        awaitMode(node, "shared");

        redis.say("CONFIG SET maxmemory 1");
        withoutTheStore(node, "it answers OOM");
        redis.say("CONFIG SET maxmemory 0");
        awaitMode(node, "shared");
        assertThat(changes(node)).hasSizeGreaterThanOrEqualTo(before + 10);
        assertThat(askUntilCounted(node, "closed").status()).isEqualTo(200);
    }

    private static void withoutTheStore(Deployment node, String reason) {
        awaitMode(node, "away");
        assertThat(ask(node, "share").status()).isEqualTo(200);
        assertThat(ask(node, "open").status()).isEqualTo(200);
        Answer refused = ask(node, "closed");
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("limits_unavailable");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(node.log()).containsPattern("is unavailable: (" + reason + ");");
    }
}
