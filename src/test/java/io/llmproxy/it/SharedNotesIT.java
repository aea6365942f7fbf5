package io.llmproxy.it;

import static io.llmproxy.it.CountedRequests.CHAT;
import static io.llmproxy.it.CountedRequests.QUESTION;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two nodes, a Redis and upstreams that take turns only when one cannot: what one node is told or finds, the other heeds. */
class SharedNotesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final RedisServer REDIS = RedisServer.start();
    private static final FakeUpstream FIRST = FakeUpstream.start();
    private static final FakeUpstream SECOND = FakeUpstream.start().otherwise(Behaviour.json("{}"));
    private static final FakeUpstream THIRD = FakeUpstream.start().otherwise(Behaviour.json("{}"));
    private static Deployment one;
    private static Deployment two;

    private static Gateway gateway(String agent) {
        Gateway gateway = new Gateway().upstream("last", SECOND.url(), "");
        gateway.upstream("looked", THIRD.url(), "health_check: {path: /looked, interval: 200ms}")
                .group("looked", "{name: looked}", "http_client: {agent: " + agent + "}")
                .forward("looked", "looked", "");
        for (String name : List.of("said", "guessed", "alone", "open")) {
            String auth = name.equals("open") ? "" : "auth: {type: bearer, token: key-of-" + name + "}";
            gateway.upstream(name, FIRST.url() + "/" + name, auth)
                    .group(name, "{name: %s}, {name: last}".formatted(name), "balance: {strategy: failover}")
                    .forward(name, name, "");
        }
        return gateway.top("redis: {url: \"%s\"}".formatted(REDIS.url()));
    }

    @BeforeAll
    static void start() {
        CompletableFuture<Deployment> starting = CompletableFuture.supplyAsync(
                () -> Deployment.start(Deployment.Kind.LAUNCHER, gateway("two"), "-Xmx96m"));
        one = Deployment.start(Deployment.Kind.LAUNCHER, gateway("one"), "-Xmx96m");
        two = starting.join();
    }

    @AfterEach
    void forget() {
        FIRST.reset();
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
        FIRST.close();
        SECOND.close();
        THIRD.close();
        REDIS.close();
    }

    private static int asked(String forward) {
        return FIRST.requests("/" + forward + CHAT).size();
    }

    /** Whether a node leaves the first upstream alone. */
    private static boolean spares(Deployment node, String forward) {
        int before = asked(forward);
        Answer answer = RawClient.exchange(node.forward(forward, CHAT), "POST", "Connection: close\r\n", QUESTION);
        assertThat(answer.status()).isEqualTo(200);
        return asked(forward) == before;
    }

    private static void refuse(String forward, String headers) {
        FIRST.otherwise(Behaviour.json("{}"));
        FIRST.on("/" + forward + CHAT, Behaviour.status(429, headers, "{}"), Behaviour.json("{}"));
        assertThat(spares(one, forward)).isFalse();
        assertThat(spares(one, forward)).isTrue();
    }

    @Test
    void whatOneNodeIsToldOfAKeyTheOtherHeeds() {
        FIRST.otherwise(Behaviour.json("{}"));
        assertThat(spares(two, "said")).isFalse();
        refuse("said", "Retry-After: 300\r\n");
        Awaitility.await().atMost(SOON).until(() -> spares(two, "said"));
        String kept = REDIS.say("HGETALL {llmproxy}:cooldowns");
        assertThat(kept).startsWith("*").doesNotContain("*0", "key-of-");
    }

    @Test
    void aGuessAndWhatIsSaidToAClientsOwnKeyStayWithTheNode() {
        refuse("guessed", "");
        refuse("open", "Retry-After: 300\r\n");
        // What comes later has been told to the other: these have not.
        refuse("alone", "Retry-After: 300\r\n");
        Awaitility.await().atMost(SOON).until(() -> spares(two, "alone"));
        assertThat(spares(two, "guessed")).isFalse();
        assertThat(spares(two, "open")).isFalse();
    }

    private static long looks(String agent) {
        return THIRD.requests("/looked").stream()
                .filter(request -> request.head().value("User-Agent").equals(Optional.of(agent)))
                .count();
    }

    /** Waits until one node looks at the upstream for both, and returns which: the other does so now and then. */
    private static String looking() {
        return Awaitility.await()
                .atMost(SOON)
                .until(
                        () -> {
                            THIRD.reset();
                            Awaitility.await().atMost(SOON).until(() -> looks("one") + looks("two") >= 18);
                            return looks("one") >= 14 ? "one" : looks("two") >= 14 ? "two" : "";
                        },
                        agent -> !agent.isEmpty());
    }

    private static boolean isWell(Deployment node) {
        return node.metrics().sum("llmproxy_upstream_healthy", "upstream=\"looked\"") == 1;
    }

    @Test
    void oneNodeLooksAtAnUpstreamForAll() {
        looking();
        THIRD.otherwise(Behaviour.status(503, "", "{}"));
        Awaitility.await().atMost(SOON).until(() -> !isWell(one) && !isWell(two));
        // They are of one mind again.
        looking();
        THIRD.otherwise(Behaviour.json("{}"));
        Awaitility.await().atMost(SOON).until(() -> isWell(one) && isWell(two));

        String prober = looking();
        Deployment its = prober.equals("one") ? one : two;
        its.process().signal("STOP");
        String other = prober.equals("one") ? "two" : "one";
        Awaitility.await().atMost(SOON).until(() -> looks(other) > 10);
        its.process().signal("CONT");
        looking();
    }
}
