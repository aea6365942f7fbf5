package io.llmproxy.it;

import static io.llmproxy.it.CountedRequests.CHAT;
import static io.llmproxy.it.CountedRequests.ask;
import static io.llmproxy.it.CountedRequests.askUntilCounted;
import static io.llmproxy.it.CountedRequests.awaitMode;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RedisServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two nodes in Tomcat and two launchers share a Redis: they count as one, and clients cannot tell them apart. */
class MixedNodesIT {
    private static final List<Kind> KINDS = List.of(Kind.TOMCAT, Kind.LAUNCHER, Kind.TOMCAT, Kind.LAUNCHER);
    private static final int TOTAL = 400;

    /** Headers whose values say what has become of a request, whenever that is. */
    private static final List<String> TOLD = List.of(
            "Content-Type",
            "X-LLMProxy-Error",
            "x-should-retry",
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-tokens");

    private static final List<Deployment> NODES = new ArrayList<>();
    private static RedisServer redis;
    private static FakeUpstream upstream;

    private static String key(String name, String limit) {
        return "{name: %1$s, key: sk-%1$s-0001, limits: [%2$s]}".formatted(name, limit);
    }

    private static Gateway gateway() {
        List<String> keys = List.of(
                key("load", "{metric: requests, per: total, amount: %d, on_store_loss: closed}".formatted(TOTAL)),
                key("few", "{metric: requests, per: hour, amount: 10, on_store_loss: closed}"),
                key("tokens", "{metric: output, per: total, amount: 50, on_store_loss: closed}"),
                key("share", "{metric: requests, per: hour, amount: 100000}"),
                key("open", "{metric: requests, per: total, amount: 100000, on_store_loss: open}"),
                key("closed", "{metric: requests, per: total, amount: 100000, on_store_loss: closed}"));
        return new Gateway()
                .single(
                        "keyed",
                        upstream.url(),
                        "provider: openai",
                        "",
                        "keys: [%s]".formatted(String.join(", ", keys)))
                .top("redis: {url: \"%s\", prefix: mixed}".formatted(redis.url()));
    }

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        upstream = FakeUpstream.start();
        upstream.otherwise(Behaviour.json("{}"));
        // The WAR is unpacked by one at a time.
        for (Kind kind : KINDS) {
            NODES.add(Deployment.start(kind, gateway(), "-Xmx128m"));
        }
        awaitAll("shared");
    }

    @AfterAll
    static void stop() {
        NODES.forEach(Deployment::close);
        NODES.clear();
        upstream.close();
        redis.close();
    }

    private static void awaitAll(String mode) {
        NODES.forEach(node -> awaitMode(node, mode));
    }

    /** Returns what each node answers, as far as that may not depend on which one it is. */
    private static Map<String, Object> told(Answer answer) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("status", answer.status());
        TOLD.forEach(header -> told.put(header, answer.header(header)));
        told.put("body", answer.text());
        return told;
    }

    private static Map<String, Object> assertAlike(Function<Deployment, Answer> asking) {
        List<Map<String, Object>> all =
                NODES.stream().map(asking).map(MixedNodesIT::told).toList();
        assertThat(all).as("%s", KINDS).allMatch(all.get(0)::equals);
        return all.get(0);
    }

    @Test
    void theSumHoldsWhicheverNodeServes() {
        ExecutorService threads = Executors.newFixedThreadPool(2 * NODES.size());
        try {
            List<CompletableFuture<Integer>> loads = new ArrayList<>();
            for (int client = 0; client < 2 * NODES.size(); client++) {
                Deployment node = NODES.get(client % NODES.size());
                loads.add(CompletableFuture.supplyAsync(() -> load(node), threads));
            }
            int served = loads.stream().mapToInt(CompletableFuture::join).sum();
            assertThat(served).isLessThanOrEqualTo(TOTAL).isGreaterThanOrEqualTo(TOTAL * 95 / 100);
        } finally {
            threads.shutdownNow();
        }
    }

    private static int load(Deployment node) {
        int served = 0;
        for (int i = 0; i < TOTAL / 4; i++) {
            Answer answer = askUntilCounted(node, "load");
            assertThat(answer.status()).isIn(200, 429);
            served += answer.status() == 200 ? 1 : 0;
        }
        return served;
    }

    @Test
    void aLimitThatIsUsedUpAtOneNodeIsToldInTheSameWordsByAll() {
        for (int i = 0; i < 10; i++) {
            Answer answer = askUntilCounted(NODES.get(i % NODES.size()), "few");
            assertThat(answer.status()).as("%d", i).isEqualTo(200);
            assertThat(answer.header("x-ratelimit-limit-requests")).isEqualTo("10");
            assertThat(answer.header("x-ratelimit-remaining-requests")).isEqualTo(Integer.toString(9 - i));
        }
        Map<String, Object> refused = assertAlike(node -> {
            Answer answer = askUntilCounted(node, "few");
            assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(200, 360);
            return answer;
        });
        assertThat(refused)
                .containsEntry("status", 429)
                .containsEntry("X-LLMProxy-Error", "limit_exceeded")
                .containsEntry("x-ratelimit-limit-requests", "10")
                .containsEntry("x-ratelimit-remaining-requests", "0");
    }

    @Test
    void tokensThatOneNodeHasMeasuredAreUsedUpForAll() {
        upstream.reset();
        upstream.otherwise(Behaviour.json("{}"))
                .on(
                        CHAT,
                        Behaviour.json("{\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[],"
                                + "\"usage\":{\"prompt_tokens\":6,\"completion_tokens\":50,\"total_tokens\":56}}"));
        assertThat(askUntilCounted(NODES.get(0), "tokens").status()).isEqualTo(200);
        Map<String, Object> refused = assertAlike(node -> askUntilCounted(node, "tokens"));
        assertThat(refused)
                .containsEntry("status", 429)
                .containsEntry("X-LLMProxy-Error", "insufficient_quota")
                .containsEntry("x-should-retry", "false");
        upstream.on(CHAT, Behaviour.json("{}"));
    }

    @Test
    void allHandleAStoreThatIsAwayAlike() {
        redis.kill();
        awaitAll("away");
        for (String key : List.of("share", "open")) {
            NODES.forEach(node -> assertThat(ask(node, key).status()).as(key).isEqualTo(200));
        }
        Map<String, Object> refused = assertAlike(node -> ask(node, "closed"));
        assertThat(refused).containsEntry("status", 503).containsEntry("X-LLMProxy-Error", "limits_unavailable");
        redis.again();
        awaitAll("shared");
        NODES.forEach(node -> {
            assertThat(askUntilCounted(node, "closed").status()).isEqualTo(200);
            assertThat(node.log()).contains("is unavailable: ").contains("is available");
        });
    }
}
