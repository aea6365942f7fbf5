package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What nodes tell each other of keys of upstreams, through a real Redis. */
class CooldownScriptIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final RedisServer REDIS = RedisServer.start();
    private static final RedisConfig CONFIG =
            new RedisConfig(REDIS.url(), null, null, null, null, "test", Duration.ofSeconds(10), null);

    @AfterAll
    static void stop() {
        REDIS.close();
    }

    @BeforeEach
    void forget() {
        REDIS.say("FLUSHALL");
    }

    @Test
    void whatOneIsToldAllKnowUntilItIsOver() throws StoreAwayException {
        try (RedisLink one = new RedisLink(CONFIG, "one", "one");
                RedisLink two = new RedisLink(CONFIG, "two", "two")) {
            one.open();
            two.open();
            assertThat(two.coolDown(Map.of())).isEmpty();
            one.coolDown(Map.of("a", 600_000L, "b", 1L));
            Awaitility.await().atMost(SOON).until(() -> two.coolDown(Map.of()).size() == 1);
            // The longest holds, whoever was told less.
            assertThat(two.coolDown(Map.of("a", 1_000L)).get("a")).isBetween(300_000L, 600_000L);
            assertThat(two.coolDown(Map.of("a", 900_000L)).get("a")).isBetween(600_001L, 900_000L);
            assertThat(one.coolDown(Map.of("c", 5_000_000L))).containsKeys("a", "c");
            // What nobody says any more goes.
            assertThat(REDIS.say("PTTL {test}:cooldowns")).matches("(?s):[1-9].*");

            REDIS.say("SET {test}:cooldowns text");
            assertThat(catchThrowableOfType(StoreAwayException.class, () -> one.coolDown(Map.of()))
                            .reason())
                    .isEqualTo("it answers WRONGTYPE");
        }
    }

    @Test
    void itGoesOnWhenTheStoreComesBackAndLeavesNoThread() {
        Map<String, Long> heard = new ConcurrentHashMap<>();
        AtomicBoolean there = new AtomicBoolean();
        RedisCooldowns cooldowns = new RedisCooldowns(CONFIG, new RedisCooldowns.Keys() {
            @Override
            public boolean areThere() {
                return there.get();
            }

            @Override
            public Map<String, Long> cooling() {
                return Map.of("own", 60_000L);
            }

            @Override
            public void cool(Map<String, Long> all) {
                heard.putAll(all);
            }
        });
        REDIS.say("SET {test}:cooldowns text");
        cooldowns.start();
        there.set(true);
        Awaitility.await().atMost(SOON).until(() -> thread().findAny().isPresent());
        assertThat(heard).isEmpty();
        REDIS.say("DEL {test}:cooldowns");
        Awaitility.await().atMost(SOON).until(() -> heard.containsKey("own"));
        cooldowns.close();
        assertThat(thread()).isEmpty();
    }

    private static Stream<Thread> thread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("llmproxy-cooldowns"));
    }
}
