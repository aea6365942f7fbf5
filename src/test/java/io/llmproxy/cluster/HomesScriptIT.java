package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What nodes tell each other of things that upstreams keep, through a real Redis. */
class HomesScriptIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long DAY = 86_400;
    private static final String MADE = "0123456789ab ownerownerownerowner12 u0";
    private static final RedisServer REDIS = RedisServer.start();

    @AfterAll
    static void stop() {
        REDIS.close();
    }

    @BeforeEach
    void forget() {
        REDIS.say("FLUSHALL");
    }

    private static RedisConfig config(RedisServer redis, Duration timeout) {
        return new RedisConfig(redis.url(), null, null, null, null, null, "test", timeout, null);
    }

    private interface Said {
        void with(HomeEntries entries) throws StoreAwayException;
    }

    private static void say(Said said) throws StoreAwayException {
        try (RedisLink link = new RedisLink(config(REDIS, Duration.ofSeconds(10)), "", "")) {
            link.open();
            said.with(new HomeEntries(link));
        }
    }

    private static String tell(HomeEntries entries, String id, String text) throws StoreAwayException {
        return entries.say(List.of(id), List.of(text)).known().get(0);
    }

    private static String ask(HomeEntries entries, String id) throws StoreAwayException {
        return tell(entries, id, "");
    }

    /** The hash with an entry, of which there is one only. */
    private static String hash() {
        return REDIS.say("KEYS {test}:homes:*")
                .lines()
                .filter(key -> key.startsWith("{") && !key.endsWith("born"))
                .findFirst()
                .orElseThrow();
    }

    private static String field(String hash) {
        return REDIS.say("HKEYS " + hash)
                .lines()
                .filter(field -> field.length() == 20)
                .findFirst()
                .orElseThrow();
    }

    /** Writes that an entry was last said at a time, in seconds since 1970. */
    private static void write(String hash, String field, long at, String text) {
        assertThat(REDIS.say("HSET %s %s \"%d %s\"".formatted(hash, field, at, text)))
                .startsWith(":");
    }

    private static long written(String hash, String field) {
        String entry = REDIS.say("HGET %s %s".formatted(hash, field))
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow();
        return Long.parseLong(entry.substring(0, entry.indexOf(' ')));
    }

    private static long now() {
        return Long.parseLong(REDIS.say("TIME").lines().skip(2).findFirst().orElseThrow());
    }

    @Test
    void whoSaysItFirstIsRightUnlessTheOwnerIsKnownLater() throws StoreAwayException {
        say(entries -> {
            assertThat(ask(entries, "file-1")).isEmpty();
            assertThat(tell(entries, "file-1", "- - u0")).isEmpty();
            assertThat(ask(entries, "file-1")).isEqualTo("- - u0");
            assertThat(tell(entries, "file-1", "- - u1")).isEqualTo("- - u0");
            assertThat(tell(entries, "file-1", MADE)).isEmpty();
            assertThat(tell(entries, "file-1", "- - u0")).isEqualTo(MADE);
            assertThat(tell(entries, "file-1", MADE.replace("owner", "other"))).isEqualTo(MADE);
            assertThat(tell(entries, "file-1", MADE)).isEmpty();
            assertThat(entries.say(List.of("file-2", "file-1"), List.of("", "")).known())
                    .containsExactly("", MADE);
            assertThat(REDIS.say("PTTL " + hash())).matches("(?s):2[56]\\d{8}\\s+");
        });
    }

    @Test
    void whatIsAskedForStaysAndTheRestIsOver() throws StoreAwayException {
        say(entries -> {
            tell(entries, "file-1", MADE);
            String hash = hash();
            String field = field(hash);
            long now = now();
            write(hash, field, now - 500, MADE);
            assertThat(ask(entries, "file-1")).isEqualTo(MADE);
            assertThat(written(hash, field)).isEqualTo(now - 500);

            write(hash, field, now - 600, MADE);
            assertThat(ask(entries, "file-1")).isEqualTo(MADE);
            assertThat(written(hash, field)).isGreaterThanOrEqualTo(now);

            write(hash, field, now - 29 * DAY, MADE);
            assertThat(ask(entries, "file-1")).isEqualTo(MADE);
            assertThat(written(hash, field)).isGreaterThanOrEqualTo(now);
            write(hash, field, now - 2 * DAY, MADE);
            assertThat(tell(entries, "file-1", MADE)).isEmpty();
            assertThat(written(hash, field)).isGreaterThanOrEqualTo(now);

            write(hash, field, now - 31 * DAY, MADE);
            assertThat(ask(entries, "file-1")).isEmpty();
            assertThat(tell(entries, "file-1", "- - u1")).isEmpty();
            assertThat(ask(entries, "file-1")).isEqualTo("- - u1");
        });
    }

    @Test
    void whatNoNodeHasWrittenIsToldFromWhatIsNotThere() throws StoreAwayException {
        say(entries -> {
            tell(entries, "file-1", MADE);
            String hash = hash();
            String field = field(hash);
            for (String nonsense : List.of(
                    "nonsense",
                    "\"\"",
                    "\"1700000000 one two\"",
                    "\"99999999999 - - u0\"",
                    "\"1700000000 - - " + "u".repeat(500) + "\"")) {
                REDIS.say("HSET %s %s %s".formatted(hash, field, nonsense));
                assertThat(ask(entries, "file-1")).as(nonsense).isEqualTo("?");
            }
            assertThat(tell(entries, "file-1", MADE)).as("a node knows better").isEmpty();
            assertThat(ask(entries, "file-1")).isEqualTo(MADE);

            REDIS.say("SET " + hash + " text");
            assertThat(entries.say(List.of("file-1", "file-2"), List.of("", MADE))
                            .known())
                    .containsExactly("?", "");
            assertThat(tell(entries, "file-1", MADE)).isEqualTo("?");
            assertThat(ask(entries, "file-2")).isEqualTo(MADE);
            REDIS.say("SET {test}:homes:born text");
            assertThat(catchThrowableOfType(StoreAwayException.class, () -> ask(entries, "file-2"))
                            .reason())
                    .isEqualTo("it answers WRONGTYPE");
        });
    }

    @Test
    void theOldestGoWhenAHashIsFull() throws StoreAwayException {
        say(entries -> {
            tell(entries, "file-1", MADE);
            String hash = hash();
            long now = now();
            for (int i = 0; i < 130; i++) {
                write(hash, "aged%03d-0123456789ab".formatted(i), now - 1000 + i, "- - u0");
            }
            REDIS.say("HSET %s n 130".formatted(hash));
            REDIS.say("HSET %s foreign text".formatted(hash));
            // Another one of the same hash.
            String name = hash.substring(hash.length() - 3);
            String another = IntStream.range(0, 1_000_000)
                    .mapToObj(i -> "file-n" + i)
                    .filter(id -> HomeEntries.hash(id).equals(name))
                    .findFirst()
                    .orElseThrow();
            assertThat(tell(entries, another, "- - u2")).isEmpty();

            assertThat(REDIS.say("HLEN " + hash)).startsWith(":92");
            assertThat(REDIS.say("HGET %s n".formatted(hash))).contains("91");
            assertThat(ask(entries, "file-1")).isEqualTo(MADE);
            assertThat(ask(entries, another)).isEqualTo("- - u2");
            assertThat(REDIS.say("HEXISTS %s aged040-0123456789ab".formatted(hash)))
                    .startsWith(":0");
            assertThat(REDIS.say("HEXISTS %s aged041-0123456789ab".formatted(hash)))
                    .startsWith(":1");
        });
    }

    /** What a node knows, as a test sees it. */
    private record Known(Map<String, String> texts, List<String> nonsense, List<String> heard, Semaphore mayHear)
            implements RedisHomes.Board<String> {
        Known() {
            this(
                    new ConcurrentHashMap<>(),
                    new ArrayList<>(),
                    Collections.synchronizedList(new ArrayList<>()),
                    new Semaphore(1));
        }

        @Override
        public Iterator<Map.Entry<String, String>> known() {
            return texts.entrySet().iterator();
        }

        @Override
        public String text(String known) {
            return known;
        }

        @Override
        public void heard(String id, String text) {
            if (nonsense.contains(text)) {
                throw new IllegalArgumentException(text);
            }
            mayHear.acquireUninterruptibly();
            mayHear.release();
            texts.put(id, text);
            heard.add(id);
        }
    }

    private static RedisHomes<String> start(RedisServer redis, Known known, HomeCounts counts) {
        RedisHomes<String> homes = new RedisHomes<>(config(redis, Duration.ofMillis(50)), known, counts);
        homes.start();
        homes.awaitTried(SOON);
        return homes;
    }

    private static void tell(RedisHomes<String> homes, Known known, String id, String text) {
        known.texts.put(id, text);
        homes.tell(id, text);
    }

    /** Asks until there is an answer: a busy machine may be late. */
    private static void awaitKnown(RedisHomes<String> homes, Known known, String id, String text) {
        Awaitility.await().atMost(SOON).until(() -> {
            CompletableFuture<Boolean> answer = homes.ask(List.of(id));
            if (answer != null) {
                answer.join();
            }
            return text.equals(known.texts.get(id));
        });
    }

    @Test
    void whatOneNodeKnowsTheOtherIsTold() {
        Known ones = new Known();
        Known others = new Known();
        HomeCounts counts = new HomeCounts();
        ones.texts.put("early", MADE);
        try (RedisHomes<String> one = start(REDIS, ones, counts);
                RedisHomes<String> other = start(REDIS, others, new HomeCounts())) {
            awaitKnown(other, others, "early", MADE);
            tell(one, ones, "late", MADE);
            awaitKnown(other, others, "late", MADE);
            List<String> many =
                    IntStream.range(0, 500).mapToObj(i -> "many-" + i).toList();
            many.forEach(id -> tell(one, ones, id, "- - u0"));
            awaitKnown(other, others, "many-499", "- - u0");
            CompletableFuture<Boolean> answer =
                    Awaitility.await().atMost(SOON).until(() -> other.ask(many), asked -> asked != null);
            answer.join();
            Awaitility.await().atMost(SOON).until(() -> {
                CompletableFuture<Boolean> again = other.ask(many);
                if (again != null) {
                    again.join();
                }
                return others.texts.keySet().containsAll(many);
            });
            assertThat(counts.told()).isGreaterThanOrEqualTo(502);
            assertThat(counts.dropped()).isZero();

            // Who has found something knows less than who has made it.
            tell(other, others, "early", "- - u0");
            Awaitility.await().atMost(SOON).until(() -> MADE.equals(others.texts.get("early")));
        }
        assertThat(threads()).isEmpty();
    }

    private static Stream<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("llmproxy-resources"));
    }

    @Test
    void nothingWaitsLongForAFrozenRedisAndWhatItMissesItIsToldLater() {
        try (RedisServer redis = RedisServer.start()) {
            Known ones = new Known();
            Known others = new Known();
            HomeCounts counts = new HomeCounts();
            HomeCounts asked = new HomeCounts();
            try (RedisHomes<String> one = start(redis, ones, counts);
                    RedisHomes<String> other = start(redis, others, asked)) {
                tell(one, ones, "early", MADE);
                awaitKnown(other, others, "early", MADE);
                redis.freeze();
                Awaitility.await().atMost(SOON).until(() -> {
                    CompletableFuture<Boolean> answer = other.ask(List.of("unknown"));
                    if (answer != null) {
                        answer.get(10, TimeUnit.SECONDS);
                    }
                    return answer == null;
                });
                assertThat(asked.unanswered()).isPositive();
                for (int i = 0; i < 12_000; i++) {
                    tell(one, ones, "meanwhile-" + i, MADE);
                }
                redis.thaw();
                awaitKnown(other, others, "meanwhile-11999", MADE);
                Awaitility.await().atMost(SOON).until(() -> counts.told() >= 12_000);
                awaitKnown(other, others, "meanwhile-0", MADE);
            }
        }
    }

    @Test
    void nonsenseIsIgnoredAndNodesGoOn() {
        Known ones = new Known();
        Known others = new Known();
        others.nonsense.add("- - u9");
        try (RedisHomes<String> one = start(REDIS, ones, new HomeCounts());
                RedisHomes<String> other = start(REDIS, others, new HomeCounts())) {
            tell(one, ones, "nonsense", "- - u9");
            tell(one, ones, "sense", MADE);
            awaitKnown(other, others, "sense", MADE);
            CompletableFuture<Boolean> answer =
                    Awaitility.await().atMost(SOON).until(() -> other.ask(List.of("nonsense")), asked -> asked != null);
            answer.join();
            assertThat(others.texts).containsOnlyKeys("sense");
        }
    }

    private static CompletableFuture<Boolean> asked(RedisHomes<String> homes, List<String> ids) {
        return Awaitility.await().atMost(SOON).until(() -> homes.ask(ids), answer -> answer != null);
    }

    @Test
    void whatThereWasNoTimeToAskForIsToldFromWhatIsUnknown() {
        Known ones = new Known();
        Known others = new Known();
        HomeCounts counts = new HomeCounts();
        try (RedisHomes<String> one = start(REDIS, ones, new HomeCounts());
                RedisHomes<String> other = start(REDIS, others, counts)) {
            tell(one, ones, "early", MADE);
            awaitKnown(other, others, "early", MADE);
            long unanswered = counts.unanswered();
            others.mayHear.acquireUninterruptibly();
            CompletableFuture<Boolean> busy = asked(other, List.of("early"));
            Awaitility.await().atMost(SOON).until(others.mayHear::hasQueuedThreads);
            CompletableFuture<Boolean> late = asked(other, List.of("late"));
            Awaitility.await().pollDelay(Duration.ofMillis(100)).until(() -> true);
            others.mayHear.release();

            assertThat(busy.join()).isTrue();
            assertThat(late.join()).isFalse();
            assertThat(counts.unanswered()).isGreaterThan(unanswered);
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> asked(other, List.of("late")).join());
        }
    }

    @Test
    void whoAsksForLittleDoesNotWaitForOneWhoAsksForMuch() {
        Known ones = new Known();
        Known others = new Known();
        List<String> many = IntStream.range(0, 2000).mapToObj(i -> "much-" + i).toList();
        try (RedisHomes<String> one = start(REDIS, ones, new HomeCounts());
                RedisHomes<String> other = start(REDIS, others, new HomeCounts())) {
            many.forEach(id -> tell(one, ones, id, MADE));
            tell(one, ones, "little", MADE);
            many.forEach(id -> awaitKnown(other, others, id, MADE));
            awaitKnown(other, others, "little", MADE);
            Awaitility.await().atMost(SOON).untilAsserted(() -> {
                others.heard.clear();
                others.mayHear.acquireUninterruptibly();
                CompletableFuture<Boolean> much = asked(other, many);
                Awaitility.await().atMost(SOON).until(others.mayHear::hasQueuedThreads);
                CompletableFuture<Boolean> little = asked(other, List.of("little"));
                others.mayHear.release();
                assertThat(little.join()).isTrue();
                assertThat(much.join()).isTrue();
                assertThat(others.heard).hasSize(2001).containsAll(many);
                assertThat(others.heard.indexOf("little")).isEqualTo(RedisHomes.MOST_AT_ONCE);
            });
        }
    }

    @Test
    void aReplicaMayBeAskedAndIsNotConnectedAgainAndAgain() {
        try (RedisServer master = RedisServer.start();
                RedisServer replica = RedisServer.replicaOf(master)) {
            Known ones = new Known();
            Known others = new Known();
            try (RedisHomes<String> one = start(master, ones, new HomeCounts());
                    RedisHomes<String> other = start(replica, others, new HomeCounts())) {
                tell(one, ones, "early", MADE);
                awaitKnown(other, others, "early", MADE);
                tell(other, others, "late", MADE);
                Awaitility.await()
                        .during(Duration.ofSeconds(1))
                        .atMost(SOON)
                        .until(() -> other.ask(List.of("early")) != null);
            }
        }
    }

    @Test
    void aStoreThatTakesNoMoreMayBeAsked() {
        try (RedisServer redis = RedisServer.start()) {
            Known ones = new Known();
            Known others = new Known();
            try (RedisHomes<String> one = start(redis, ones, new HomeCounts());
                    RedisHomes<String> other = start(redis, others, new HomeCounts())) {
                tell(one, ones, "early", MADE);
                Awaitility.await().atMost(SOON).until(() -> redis.say("DBSIZE").startsWith(":2"));
                redis.say("CONFIG SET maxmemory 1");
                tell(one, ones, "late", MADE);
                awaitKnown(other, others, "early", MADE);
            }
        }
    }
}
