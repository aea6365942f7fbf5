package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Keeper;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Two nodes, a Redis, and three upstreams that know only what they made themselves: what one node has made, the other finds. */
class SharedHomesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String ONE = "sk-client-one-key";
    private static final String TWO = "sk-client-two-key";
    private static final String LOOKUPS = "llmproxy_resource_lookups_total";
    private static final String UPDATES = "llmproxy_resource_updates_total";

    /** Of so many things, not all are at the first upstream that is asked by chance. */
    private static final int ROUNDS = 5;

    private static final int MOST_TRIES = 10;
    private static final Duration SHORT = Duration.ofSeconds(2);

    private static final List<Keeper> KEEPERS =
            IntStream.range(0, 3).mapToObj(Keeper::new).toList();
    private static final AtomicInteger PREFIXES = new AtomicInteger();
    private static final RedisServer REDIS = RedisServer.start();
    private static Deployment first;
    private static Deployment second;

    private static Gateway gateway(String redis) {
        Gateway gateway = new Gateway();
        for (int index = 0; index < KEEPERS.size(); index++) {
            gateway.upstream(
                    "u" + index,
                    KEEPERS.get(index).server().url(),
                    "auth: {type: bearer, keys: [{key: upstream-key-a}, {key: upstream-key-b}]}");
        }
        if (!redis.isEmpty()) {
            gateway.top("redis: {" + redis + "}");
        }
        return gateway.group("kept", "{name: u0}, {name: u1}, {name: u2}", "")
                .forward("kept", "kept", "")
                .forward("keyed", "kept", "keys: [{name: one, key: %s}, {name: two, key: %s}]".formatted(ONE, TWO));
    }

    private static String at(RedisServer redis, String prefix) {
        return "url: \"%s\", prefix: %s".formatted(redis.url(), prefix);
    }

    private static String ownPrefix() {
        return "homes" + PREFIXES.incrementAndGet();
    }

    private static Deployment launch(String redis) {
        return Deployment.start(Kind.LAUNCHER, gateway(redis), "-Xmx96m");
    }

    @BeforeAll
    static void start() {
        String redis = at(REDIS, "both");
        CompletableFuture<Deployment> starting = CompletableFuture.supplyAsync(() -> launch(redis));
        first = launch(redis);
        second = starting.join();
    }

    @AfterAll
    static void stop() {
        first.close();
        second.close();
        REDIS.close();
        KEEPERS.forEach(keeper -> keeper.server().close());
    }

    /** On a busy machine Redis may not answer in time, and the request goes on without: it is repeated. */
    private static Answer untilAnswered(Deployment node, Supplier<Answer> asking) {
        for (int tries = 1; ; tries++) {
            double before = count(node, LOOKUPS, "unanswered");
            Answer answer = asking.get();
            if (answer.status() == 200 || tries == MOST_TRIES || count(node, LOOKUPS, "unanswered") <= before) {
                return answer;
            }
        }
    }

    private static Answer ask(Deployment node, String method, String path, String body) {
        return untilAnswered(
                node,
                () -> RawClient.exchange(
                        node.forward("kept", path),
                        method,
                        "Content-Type: application/json\r\nConnection: close\r\n",
                        body.replace('\'', '"').getBytes(UTF_8)));
    }

    private static Answer askAs(Deployment node, String key, String method, String path, String body) {
        return untilAnswered(
                node,
                () -> RawClient.exchange(
                        node.forward("keyed", path),
                        method,
                        "Content-Type: application/json\r\nConnection: close\r\nAuthorization: Bearer " + key + "\r\n",
                        body.replace('\'', '"').getBytes(UTF_8)));
    }

    private static double count(Deployment node, String metric, String result) {
        return node.metrics().sum(metric, "result=\"" + result + "\"");
    }

    /** Makes something, and waits until the other node can know of it. */
    private static String made(Deployment node, Supplier<Answer> making) {
        double before = count(node, UPDATES, "told");
        Answer answer = making.get();
        assertThat(answer.status()).as(answer::toString).isEqualTo(200);
        Awaitility.await().atMost(SOON).until(() -> count(node, UPDATES, "told") > before);
        return id(answer);
    }

    private static String id(Answer answer) {
        return answer.text().replaceAll("(?s).*?\"(?:id|name)\":\"([^\"]+)\".*", "$1");
    }

    private static String make(Deployment node, String path, String body) {
        return made(node, () -> ask(node, "POST", path, body));
    }

    private static void assertServed(Answer answer) {
        assertThat(answer.status()).as(answer::toString).isEqualTo(200);
    }

    /** A request that only the upstream serves that has made the response, and that is sent to one upstream only. */
    private static Answer after(Deployment node, String response) {
        return ask(node, "POST", "/v1/responses", "{'previous_response_id':'" + response + "'}");
    }

    private static void assertStepsOfBoth(Deployment one, Deployment other) {
        String last = "";
        for (int turn = 0; turn < ROUNDS; turn++) {
            String file = make(one, "/v1/files", "{}");
            String batch = make(other, "/v1/batches", "{'input_file_id':'" + file + "'}");
            String output =
                    made(one, () -> ask(one, "GET", "/v1/batches/" + batch, "")).replaceFirst("^", "files-");
            assertServed(ask(other, "GET", "/v1/files/" + output + "/content", ""));
            assertServed(ask(one, "POST", "/v1/batches/" + batch + "/cancel", "{}"));
            assertServed(ask(
                    other,
                    "POST",
                    "/v1/chat/completions",
                    "{'messages':[{'content':[{'type':'file','file':{'file_id':'" + file + "'}}]}]}"));
            assertServed(ask(other, "DELETE", "/v1/files/" + file, ""));

            String cache = make(one, "/v1beta/cachedContents", "{'model':'models/m'}");
            String asked = "{'contents':[],'cachedContent':'" + cache + "'}";
            assertServed(ask(other, "POST", "/v1beta/models/m:generateContent", asked));
            assertServed(ask(other, "DELETE", "/v1beta/" + cache, ""));

            Deployment turns = turn % 2 == 0 ? one : other;
            String previous = last.isEmpty() ? "{}" : "{'previous_response_id':'" + last + "','stream':true}";
            last = make(turns, "/v1/responses", previous);
        }
    }

    @Test
    void whatOneNodeHasMadeTheOtherFinds() {
        assertStepsOfBoth(first, second);
        assertStepsOfBoth(second, first);
        assertThat(first.log() + second.log()).doesNotContain("WARN");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Kind.TOMCAT, Kind.JETTY})
    void whatTheLauncherHasMadeAContainerFinds(Kind kind) {
        try (Deployment container = Deployment.start(kind, gateway(at(REDIS, "both")), "-Xmx128m")) {
            assertStepsOfBoth(first, container);
        }
    }

    @Test
    void whatAClientMadeIsNotThereForAnotherOnAnyNode() {
        for (int turn = 0; turn < ROUNDS; turn++) {
            String made = made(first, () -> askAs(first, ONE, "POST", "/v1/responses", "{}"));
            String path = "/v1/responses/" + made;
            Answer stranger = askAs(second, TWO, "GET", path, "");
            assertThat(stranger.status()).isEqualTo(404);
            assertThat(stranger.header("X-LLMProxy-Error")).isEqualTo("resource_not_found");
            String next = "{'previous_response_id':'" + made + "'}";
            assertThat(askAs(second, TWO, "POST", "/v1/responses", next).header("X-LLMProxy-Error"))
                    .isEqualTo("resource_not_found");
            assertThat(ask(second, "GET", path, "").status())
                    .as("a client without a key")
                    .isEqualTo(404);
            assertServed(askAs(second, ONE, "GET", path, ""));
            assertServed(askAs(second, ONE, "POST", "/v1/responses", next));
        }
        assertThat(keys("both")).doesNotContain("sk-client", "upstream-key", "responses-");
    }

    /** All that is in Redis under a prefix, and how it is called. */
    private static String keys(String prefix) {
        StringBuilder all = new StringBuilder();
        for (String key : REDIS.say("KEYS {" + prefix + "}:homes:*").lines().toList()) {
            if (key.startsWith("{")) {
                all.append(key).append(REDIS.say("HGETALL " + key));
            }
        }
        return all.toString();
    }

    @Test
    void afterARestartAllIsKnownAgain() {
        String prefix = ownPrefix();
        Deployment node = launch(at(REDIS, prefix));
        List<String> made = IntStream.range(0, ROUNDS)
                .mapToObj(turn -> id(askAs(node, ONE, "POST", "/v1/responses", "{}")))
                .toList();
        // What is not told yet is told at the end.
        node.process().terminate();
        assertThat(node.process().ended(SOON)).isTrue();
        try (Deployment again = node.again("-Xmx96m")) {
            for (String response : made) {
                assertThat(askAs(again, TWO, "GET", "/v1/responses/" + response, "")
                                .status())
                        .isEqualTo(404);
                assertServed(askAs(again, ONE, "POST", "/v1/responses", "{'previous_response_id':'" + response + "'}"));
            }
        }
    }

    @Test
    void noRequestWaitsForARedisThatIsAwayAndAllIsToldWhenItIsBack() {
        try (RedisServer redis = RedisServer.start();
                Deployment maker = launch(at(redis, "away"));
                Deployment user = launch(at(redis, "away"))) {
            String before = make(maker, "/v1/responses", "{}");
            redis.freeze();
            KEEPERS.get(2).keep("upstream-key-b", "files-early");
            for (int turn = 0; turn < 2; turn++) {
                // It is looked for, as without a Redis.
                assertServed(soon(() -> ask(user, "GET", "/v1/files/files-early", "")));
            }
            assertThat(soon(() -> after(user, "unknown")).status()).isEqualTo(400);
            assertServed(soon(() -> after(maker, before)));
            assertThat(count(user, LOOKUPS, "unanswered")).isPositive();
            List<String> meanwhile = IntStream.range(0, ROUNDS)
                    .mapToObj(turn -> id(ask(maker, "POST", "/v1/responses", "{}")))
                    .toList();
            double told = count(maker, UPDATES, "told");
            redis.thaw();
            // All that it knows: what was made before and after, and what was derived.
            Awaitility.await().atMost(SOON).until(() -> count(maker, UPDATES, "told") >= told + 2 + ROUNDS);
            awaitAnswer(user);
            meanwhile.forEach(response -> assertServed(after(user, response)));

            redis.kill();
            Awaitility.await().atMost(SOON).until(() -> {
                double unanswered = count(user, LOOKUPS, "unanswered");
                after(user, "unknown");
                return count(user, LOOKUPS, "unanswered") > unanswered;
            });
            List<String> lost = IntStream.range(0, ROUNDS)
                    .mapToObj(turn -> id(ask(maker, "POST", "/v1/responses", "{}")))
                    .toList();
            double known = count(maker, UPDATES, "told");
            redis.again();
            Awaitility.await().atMost(SOON).until(() -> count(maker, UPDATES, "told") >= known + 2 + 2 * ROUNDS);
            awaitAnswer(user);
            lost.forEach(response -> assertServed(after(user, response)));
            assertThat(user.log()).doesNotContain("ERROR").doesNotContain("which upstream keeps what");
        }
    }

    private static Answer soon(Supplier<Answer> asking) {
        long start = System.nanoTime();
        Answer answer = asking.get();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SHORT);
        return answer;
    }

    /** Waits until a node is told of what no node knows that no node knows it. */
    private static void awaitAnswer(Deployment node) {
        Awaitility.await().atMost(SOON).until(() -> {
            double unknown = count(node, LOOKUPS, "unknown");
            after(node, "unknown");
            return count(node, LOOKUPS, "unknown") > unknown;
        });
    }

    @Test
    void whatRedisHasLostIsToldAgain() {
        try (RedisServer redis = RedisServer.start();
                Deployment maker = launch(at(redis, "lost"));
                Deployment user = launch(at(redis, "lost"))) {
            List<String> made = IntStream.range(0, ROUNDS)
                    .mapToObj(turn -> make(maker, "/v1/responses", "{}"))
                    .toList();
            double told = count(maker, UPDATES, "told");
            redis.say("FLUSHALL");
            Awaitility.await().atMost(SOON).until(() -> count(maker, UPDATES, "told") >= told + ROUNDS);
            made.forEach(response -> assertServed(after(user, response)));
        }
    }

    @Test
    void whatNoNodeHasWrittenIsIgnoredAndToldOnce() {
        String prefix = ownPrefix();
        try (Deployment maker = launch(at(REDIS, prefix));
                Deployment user = launch(at(REDIS, prefix))) {
            List<String> made = IntStream.range(0, ROUNDS)
                    .mapToObj(turn -> make(maker, "/v1/files", "{}"))
                    .toList();
            List<String> keys = REDIS.say("KEYS {" + prefix + "}:homes:*")
                    .lines()
                    .filter(key -> key.startsWith("{") && !key.endsWith(":born"))
                    .toList();
            List<String> nonsense = List.of(
                    "nonsense",
                    "\"1700000000 nonsense\"",
                    "\"99999999999 - - u0\"",
                    "\"" + now() + " 0123456789ab - \\xff\\xfe\"",
                    "\"" + now() + " someone's-key - u0\"");
            for (int i = 0; i < keys.size(); i++) {
                String key = keys.get(i);
                for (String field : REDIS.say("HKEYS " + key).lines().toList()) {
                    if (field.length() > 10) {
                        REDIS.say("HSET " + key + " " + field + " " + nonsense.get(i % nonsense.size()));
                    }
                }
            }
            made.forEach(file -> assertServed(ask(user, "GET", "/v1/files/" + file, "")));
            keys.forEach(key -> REDIS.say("SET " + key + " text"));
            made.forEach(file -> assertServed(ask(user, "GET", "/v1/files/" + file, "")));
            assertThat(user.log()).containsOnlyOnce("that no node has written");
        }
    }

    private static long now() {
        return System.currentTimeMillis() / 1000;
    }

    @Test
    void aReloadMovesToAnotherRedisWithAllThatIsKnown() {
        String prefix = ownPrefix();
        try (RedisServer other = RedisServer.start();
                Deployment maker = launch(at(REDIS, prefix));
                Deployment user = launch("")) {
            List<String> made = IntStream.range(0, ROUNDS)
                    .mapToObj(turn -> make(maker, "/v1/responses", "{}"))
                    .toList();
            double told = count(maker, UPDATES, "told");
            reload(maker, gateway(at(other, prefix)), 2);
            Awaitility.await().atMost(SOON).until(() -> count(maker, UPDATES, "told") >= told + ROUNDS);
            reload(user, gateway(at(other, prefix)), 2);
            made.forEach(response -> assertServed(after(user, response)));

            reload(maker, gateway(""), 3);
            made.forEach(response -> assertServed(after(maker, response)));
            String alone = id(ask(maker, "POST", "/v1/responses", "{}"));
            assertServed(after(maker, alone));
        }
    }

    private static void reload(Deployment node, Gateway next, int version) {
        node.reconfigure(next);
        node.process().signal("HUP");
        Awaitility.await().atMost(SOON).until(() -> node.log().contains("configuration " + version + " is in use"));
    }

    @Test
    void aNodeWithoutTheUpstreamDoesNotKnow() {
        String prefix = ownPrefix();
        Gateway fewer = new Gateway()
                .top("redis: {" + at(REDIS, prefix) + "}")
                .upstream("other", KEEPERS.get(0).server().url(), "auth: {type: bearer, token: upstream-key-a}")
                .upstream("u1", KEEPERS.get(1).server().url(), "auth: {type: bearer, token: upstream-key-new}")
                .group("kept", "{name: other}, {name: u1}", "")
                .forward("kept", "kept", "");
        try (Deployment maker = launch(at(REDIS, prefix));
                Deployment user = Deployment.start(Kind.LAUNCHER, fewer, "-Xmx96m")) {
            for (int turn = 0; turn < 2 * ROUNDS; turn++) {
                String made = make(maker, "/v1/files", "{}");
                KEEPERS.get(0).keep("upstream-key-a", made);
                KEEPERS.get(1).keep("upstream-key-new", made);
                assertServed(ask(user, "GET", "/v1/files/" + made, ""));
            }
            assertThat(user.log()).doesNotContain("WARN");
        }
    }

    @Test
    void moreThanCanBeAskedForIsRefused() {
        String ids = String.join(
                "','", IntStream.range(0, 2001).mapToObj(i -> "file-" + i).toList());
        Answer answer = ask(first, "POST", "/v1/vector_stores", "{'file_ids':['" + ids + "']}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("too many resources");
    }
}
