package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What nodes tell each other, through a real Redis or Valkey. */
@ParameterizedClass
@EnumSource(RedisServer.Kind.class)
class NotesScriptIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static RedisServer redis;
    private static RedisConfig config;

    /** @param kind of the server that all tests use, which is started before */
    NotesScriptIT(RedisServer.Kind kind) {}

    @BeforeParameterizedClassInvocation
    static void start(RedisServer.Kind kind) {
        redis = RedisServer.start(kind);
        config = new RedisConfig(redis.url(), null, null, null, null, null, "test", Duration.ofSeconds(10), null);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void forget() {
        redis.say("FLUSHALL");
    }

    @Test
    void whatOneIsToldAllKnowUntilItIsOver() throws StoreAwayException {
        try (RedisLink one = new RedisLink(config, "one", "one");
                RedisLink two = new RedisLink(config, "two", "two")) {
            one.open();
            two.open();
            assertThat(two.exchange(Notes.NONE)).isEqualTo(Notes.NONE);
            one.exchange(cooling(Map.of("a", 600_000L, "b", 1L)));
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> two.exchange(Notes.NONE).cooling().size() == 1);
            // The longest time holds, also where another node was told a shorter one.
            assertThat(two.exchange(cooling(Map.of("a", 1_000L))).cooling().get("a"))
                    .isBetween(300_000L, 600_000L);
            assertThat(two.exchange(cooling(Map.of("a", 900_000L))).cooling().get("a"))
                    .isBetween(600_001L, 900_000L);
            assertThat(one.exchange(cooling(Map.of("c", 5_000_000L))).cooling()).containsOnlyKeys("a", "c");
            // What no node says any more goes.
            assertThat(redis.say("PTTL {test}:cooldowns")).matches("(?s):[1-9].*");

            redis.say("SET {test}:cooldowns text");
            assertThat(catchThrowableOfType(StoreAwayException.class, () -> one.exchange(Notes.NONE))
                            .reason())
                    .isEqualTo("it answers WRONGTYPE");
        }
    }

    private static Notes cooling(Map<String, Long> keys) {
        return new Notes(keys, Map.of());
    }

    private static Notes found(String mark, boolean success, long millis) {
        return new Notes(Map.of("k", 600_000L), Map.of(mark, new Notes.Finding(true, success, millis)));
    }

    private static Notes.Finding finding(String mark, Notes notes) {
        return Objects.requireNonNull(notes.findings().get(mark), mark);
    }

    @Test
    void whoLooksFirstGoesOnUntilItIsNotHeardOfAnyMore() throws StoreAwayException {
        try (RedisLink one = new RedisLink(config, "one", "one");
                RedisLink two = new RedisLink(config, "two", "two")) {
            one.open();
            two.open();
            Notes.Finding own = finding("u", one.exchange(found("u", true, 600_000)));
            assertThat(own.own()).isTrue();
            assertThat(own.success()).isTrue();
            Notes.Finding other = finding("u", two.exchange(found("u", false, 900_000)));
            assertThat(other.own()).isFalse();
            assertThat(other.success()).isTrue();
            assertThat(other.millis()).isBetween(300_000L, 600_000L);

            one.exchange(found("u", false, 1));
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> two.exchange(Notes.NONE).findings().isEmpty());
            assertThat(finding("u", two.exchange(found("u", true, 600_000))).own())
                    .isTrue();
            assertThat(one.exchange(found("v", true, 600_000)).findings()).containsOnlyKeys("u", "v");
            assertThat(finding("u", one.exchange(Notes.NONE)).own()).isFalse();
            assertThat(redis.say("PTTL {test}:probes")).matches("(?s):[1-9].*");
        }
    }

    @Test
    void whatIsOddIsForgotten() throws StoreAwayException {
        try (RedisLink one = new RedisLink(config, "one", "one")) {
            one.open();
            long end = System.currentTimeMillis() + 600_000;
            for (String odd : List.of("inf", "-inf", "nan", "1e15", "99999999999999999999", "text", "-1", "0x10")) {
                redis.say("HSET {test}:cooldowns odd %s sound %d".formatted(odd, end));
                redis.say("HSET {test}:probes odd \"%s 1 two\" sound \"%d 1 two\"".formatted(odd, end));
                Notes known = one.exchange(Notes.NONE);
                assertThat(known.cooling()).as(odd).containsOnlyKeys("sound");
                assertThat(known.findings()).as(odd).containsOnlyKeys("sound");
            }
            // It says when it ends, and not what was found.
            redis.say("HSET {test}:probes odd \"%d text\"".formatted(end));
            Notes known = one.exchange(Notes.NONE);
            assertThat(finding("sound", known).success()).isTrue();
            assertThat(finding("odd", known).success()).isFalse();
        }
    }

    @Test
    void itGoesOnWhenTheStoreComesBackAndLeavesNoThread() {
        Map<String, Long> heard = new ConcurrentHashMap<>();
        AtomicBoolean there = new AtomicBoolean();
        RedisNotes notes = new RedisNotes(config, "one", new RedisNotes.Board() {
            @Override
            public boolean isWanted() {
                return there.get();
            }

            @Override
            public Notes toTell() {
                return cooling(Map.of("own", 60_000L));
            }

            @Override
            public void heard(Notes all) {
                heard.putAll(all.cooling());
            }
        });
        redis.say("SET {test}:cooldowns text");
        notes.start();
        there.set(true);
        Awaitility.await().atMost(SOON).until(() -> thread().findAny().isPresent());
        assertThat(heard).isEmpty();
        redis.say("DEL {test}:cooldowns");
        Awaitility.await().atMost(SOON).until(() -> heard.containsKey("own"));
        notes.close();
        assertThat(thread()).isEmpty();
    }

    private static Stream<Thread> thread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("llmproxy-notes"));
    }
}
