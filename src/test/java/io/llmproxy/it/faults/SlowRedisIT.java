package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisRelay;
import io.llmproxy.testing.RedisServer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** However long Redis takes, a request whose node has no part of its limit left waits 50 ms at most, from when it asks; 10 ms more are allowed for here. */
class SlowRedisIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration LONGEST = Duration.ofMillis(60);
    private static final String CHAT = "/v1/chat/completions";
    private static final byte[] QUESTION = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    private static final int CLIENTS = 50;

    /** Each key asks in one of so many rounds: what a second refills is more than it uses. */
    private static final int SETS = 10;

    private static final int ROUNDS = 10;
    private static final int WARM_UP = 60;

    /** Requests do not come all at once: some find Redis busy with others. */
    private static final long SPREAD = Duration.ofMillis(30).toNanos();

    private static final ExecutorService THREADS = Executors.newFixedThreadPool(CLIENTS);
    private static RedisServer redis;
    private static RedisRelay relay;
    private static FakeUpstream upstream;
    private static Deployment node;
    private static final List<RawClient> OPEN = new ArrayList<>();

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        relay = RedisRelay.start(redis);
        upstream = FakeUpstream.start();
        upstream.otherwise(Behaviour.json("{}"));
        List<String> keys = new ArrayList<>();
        for (int set = 0; set < SETS; set++) {
            for (int client = 0; client < CLIENTS; client++) {
                // Of so little, a node gets what requests need, and nothing ahead.
                keys.add(("{name: %1$s, key: sk-%1$s-0001, limits: [{metric: requests, per: second, amount: 39,"
                                + " on_store_loss: open}]}")
                        .formatted(name(set, client)));
            }
        }
        Gateway gateway = new Gateway()
                .single("keyed", upstream.url(), "", "", "keys: [%s]".formatted(String.join(", ", keys)))
                .top("redis: {url: \"%s\", prefix: slow}".formatted(relay.url()));
        node = Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx256m", Deployment.AS_FAST_AS_IT_CAN);
        URI chat = node.forward("keyed", CHAT);
        for (int client = 0; client < CLIENTS; client++) {
            OPEN.add(RawClient.connect(chat));
        }
        for (int round = 0; round < WARM_UP; round++) {
            awaitShared();
            ask(round, 0);
        }
    }

    @AfterAll
    static void stop() {
        THREADS.shutdownNow();
        OPEN.forEach(RawClient::close);
        node.close();
        upstream.close();
        relay.close();
        redis.close();
    }

    private static String name(int set, int client) {
        return "k%d-%d".formatted(set, client);
    }

    private static void awaitShared() {
        Awaitility.await().atMost(SOON).until(() -> node.metrics().sum("llmproxy_limit_mode", "mode=\"shared\"") == 1);
    }

    /** Returns how long requests take that come within a time, each with a key of its own, in nanoseconds, sorted. */
    private static long[] ask(int round, long spread) {
        CyclicBarrier together = new CyclicBarrier(CLIENTS);
        Random random = new Random(round);
        List<CompletableFuture<Long>> asked = IntStream.range(0, CLIENTS)
                .mapToObj(client -> {
                    long pause = spread == 0 ? 0 : (long) (random.nextDouble() * spread);
                    return CompletableFuture.supplyAsync(
                            () -> ask(together, OPEN.get(client), name(round % SETS, client), pause), THREADS);
                })
                .toList();
        return asked.stream().mapToLong(CompletableFuture::join).sorted().toArray();
    }

    private static long ask(CyclicBarrier together, RawClient client, String key, long pause) {
        try {
            together.await();
            TimeUnit.NANOSECONDS.sleep(pause);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        long begun = System.nanoTime();
        Answer answer = client.send(
                        "POST",
                        CHAT,
                        "Content-Type: application/json\r\nAuthorization: Bearer sk-%s-0001\r\n".formatted(key),
                        QUESTION)
                .answer();
        long took = System.nanoTime() - begun;
        assertThat(answer.status()).as(answer::toString).isEqualTo(200);
        return took;
    }

    private static long median() {
        LongStream all = LongStream.empty();
        for (int round = 0; round < ROUNDS; round++) {
            awaitShared();
            all = LongStream.concat(all, LongStream.of(ask(round, SPREAD)));
        }
        return all.sorted().skip(ROUNDS * CLIENTS / 2).findFirst().orElseThrow();
    }

    private static void assertBounded(String what, long median, List<Long> longest) {
        long worst = longest.stream().mapToLong(Long::longValue).max().orElseThrow() - median;
        System.out.printf(
                "%s: median without %.1f ms, longest of each round later by %s ms%n",
                what,
                median / 1e6,
                longest.stream()
                        .map(each -> "%.1f".formatted((each - median) / 1e6))
                        .toList());
        assertThat(Duration.ofNanos(worst)).as(what).isLessThan(FaultWorld.unlessBusy(LONGEST));
    }

    @Tag("measures")
    @Test
    void aFrozenRedisDelaysNoRequestForLong() {
        long median = median();
        List<Long> longest = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            awaitShared();
            redis.freeze();
            try {
                longest.add(ask(round, SPREAD)[CLIENTS - 1]);
            } finally {
                redis.thaw();
            }
        }
        assertThat(node.log()).contains("is unavailable: no answer in time");
        assertBounded("frozen", median, longest);
    }

    /** It never counts as away, and a request that comes just after a call has begun would wait for that and for the next one. */
    @Tag("measures")
    @Test
    void aRedisThatIsAlmostTooLateDelaysNoRequestForTwoCalls() {
        long median = median();
        List<Long> longest = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            awaitShared();
            relay.delay(Duration.ofMillis(36));
            try {
                longest.add(ask(round, SPREAD)[CLIENTS - 1]);
            } finally {
                relay.delay(Duration.ZERO);
            }
        }
        assertBounded("slow", median, longest);
    }
}
