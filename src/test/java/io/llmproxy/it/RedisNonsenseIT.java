package io.llmproxy.it;

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
import io.llmproxy.testing.RedisRelay;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What answers in the place of Redis may be anything: it is told once, and limits follow what they say of a store that is away. */
class RedisNonsenseIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Pattern LOSS = Pattern.compile("Redis at \\S+ is unavailable: ([^;]*); limits follow");
    private static RedisServer redis;
    private static RedisRelay relay;
    private static FakeUpstream upstream;
    private static Deployment node;

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        relay = RedisRelay.start(redis);
        upstream = FakeUpstream.start();
        upstream.otherwise(Behaviour.json("{}"));
        // Of so little, a node has nothing ahead that it could serve without the store.
        String keys = Stream.of("share", "open", "closed")
                .map(loss ->
                        "{name: %1$s, key: sk-%1$s-0001, limits: [{metric: requests, per: second, amount: 30, on_store_loss: %1$s}]}"
                                .formatted(loss))
                .collect(Collectors.joining(", "));
        Gateway gateway = new Gateway()
                // With a key, nodes have something to tell each other; with two upstreams, they share resources.
                .upstream("one", upstream.url(), "auth: {type: bearer, token: t}")
                .upstream("two", upstream.url(), "")
                .group("all", "{name: one}, {name: two}", "")
                .forward("keyed", "all", "keys: [" + keys + "]")
                .top("redis: {url: \"%s\", prefix: nonsense}".formatted(relay.url()));
        node = Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx96m");
    }

    @AfterAll
    static void stop() {
        node.close();
        upstream.close();
        relay.close();
        redis.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // Ends the connection.
                "''                             | the connection broke",
                "HTTP/1.1 400 Bad Request~~     | the connection broke",
                "SSH-2.0-OpenSSH_9.2~           | the connection broke",
                "-ERR unknown command~          | it answers ERR",
                "-~                             | it answers an error or the connection broke",
                "+OK~                           | an invalid answer",
                ":1~                            | an invalid answer",
                ":text~                         | an invalid answer or the connection broke",
                "$-1~                           | an invalid answer",
                "*-1~                           | an invalid answer",
                "*0~                            | an invalid answer",
                "*2~$-1~*-1~                    | an invalid answer",
                "*2~:1~:2~                      | an invalid answer",
                "*2~$1~a~$1~b~                  | an invalid answer",
                "*2~$19~9223372036854775807~$19~9223372036854775807~ | an invalid answer",
                // More than there is memory.
                "$2000000000~                   | an invalid answer",
                "*2147483647~                   | an invalid answer",
                // It never ends.
                "*2~$1~1~                       | no answer in time",
                "$100~short                     | no answer in time"
            })
    void nonsenseIsToldOnceAndHandledAsAway(String answer, String reason) {
        relay.passOn();
        awaitMode(node, "shared");
        assertThat(askUntilCounted(node, "closed").status()).isEqualTo(200);
        relay.answer(answer.replace("~", "\r\n"));
        awaitMode(node, "away");
        assertThat(ask(node, "share").status()).isEqualTo(200);
        assertThat(ask(node, "open").status()).isEqualTo(200);
        Answer refused = ask(node, "closed");
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("limits_unavailable");
        // On a busy machine the answer may come late.
        assertThat(reasonOfTheLast()).isIn(List.of((reason + " or no answer in time").split(" or ")));

        // Each of the three threads that speak with it has tried again.
        Awaitility.await().atMost(SOON).until(() -> relay.answered() >= 6);
        relay.passOn();
        awaitMode(node, "shared");
        assertThat(changes(node)).endsWith("unavailable", "available");
        assertThat(node.log()).doesNotContain("limits could not be shared", "Exception", "Error:");
        // The threads that speak of other things go on as well.
        Awaitility.await().atMost(SOON).until(() -> connections() >= 3);
    }

    private static long connections() {
        return redis.say("CLIENT LIST")
                .lines()
                .filter(line -> line.contains("cmd=eval"))
                .count();
    }

    private static String reasonOfTheLast() {
        MatchResult last = LOSS.matcher(node.log())
                .results()
                .reduce((first, second) -> second)
                .orElseThrow();
        return last.group(1);
    }
}
