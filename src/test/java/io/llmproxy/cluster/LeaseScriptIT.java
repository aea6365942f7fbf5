package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.quota.LeaseCall;
import io.llmproxy.quota.LeaseCall.Kind;
import io.llmproxy.quota.LeaseModel;
import io.llmproxy.quota.LeaseReply;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The script in a real Redis, or Valkey, answers as the model does with which many nodes are simulated. */
@ParameterizedClass
@EnumSource(RedisServer.Kind.class)
class LeaseScriptIT {
    private static RedisServer redis;
    private static final AtomicLong NUMBER = new AtomicLong(100);
    private static final long LARGE = 9_000_000_000_000_000L;

    /** @param kind of the server that all tests use, which is started before */
    LeaseScriptIT(RedisServer.Kind kind) {}

    @BeforeParameterizedClassInvocation
    static void start(RedisServer.Kind kind) {
        redis = RedisServer.start(kind);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void forget() {
        redis.say("FLUSHALL");
        redis.say("SCRIPT FLUSH");
    }

    private static RedisLink link(String node) throws StoreAwayException {
        RedisConfig config =
                new RedisConfig(redis.url(), null, null, null, null, null, "test", Duration.ofSeconds(10), null);
        RedisLink link = new RedisLink(config, node, node);
        link.open();
        return link;
    }

    private static LeaseReply reply(RedisLink link, LeaseCall call) throws StoreAwayException {
        return Objects.requireNonNull(link.say(NUMBER.incrementAndGet(), List.of(call))
                .replies()
                .get(0)
                .counted());
    }

    /** When a count was born is the store's to say. */
    private static LeaseReply unborn(LeaseReply reply) {
        assertThat(reply.born()).isPositive();
        return new LeaseReply(reply.granted(), reply.used(), reply.micros(), 0);
    }

    @Test
    void whatWasLostIsMadeUpForByWhoeverKnowsMore() throws StoreAwayException {
        try (RedisLink one = link("one");
                RedisLink two = link("two")) {
            for (Kind kind : List.of(Kind.WINDOW, Kind.BUCKET)) {
                long time = kind == Kind.WINDOW ? 0 : TimeUnit.DAYS.toMicros(365);
                LeaseCall first = new LeaseCall("lost" + kind, kind, 1_000, time, 900, 0, 0, 0, 0, 0);
                LeaseReply before = reply(one, first);
                redis.say("DEL {test}:limit:lost" + kind);
                // One that knows nothing comes first.
                LeaseReply born = reply(two, new LeaseCall("lost" + kind, kind, 1_000, time, 5, 0, 0, 0, 0, 0));
                assertThat(born.used()).isEqualTo(5);
                LeaseCall knows = new LeaseCall("lost" + kind, kind, 1_000, time, 0, 200, 200, 200, 900, before.born());
                LeaseReply after = reply(one, knows);
                // Of a bucket, it is not known what has been refilled since; of a window, what others have used since
                // is used
                // besides.
                long used = kind == Kind.WINDOW ? 905 : 900;
                assertThat(after.granted()).isZero();
                assertThat(after.used()).isEqualTo(used);
                assertThat(after.born()).isEqualTo(born.born());
                LeaseCall less = new LeaseCall("lost" + kind, kind, 1_000, time, 0, 0, 0, 0, 800, before.born());
                assertThat(reply(two, less).used()).isEqualTo(used);
                LeaseCall again = new LeaseCall("lost" + kind, kind, 1_000, time, 0, 0, 0, 0, 950, born.born());
                assertThat(reply(one, again).used()).isEqualTo(used);
                // One that comes from another store: the larger count holds.
                LeaseCall moved = new LeaseCall("lost" + kind, kind, 1_000, time, 5, 0, 0, 0, 990, LeaseCall.ELSEWHERE);
                assertThat(reply(one, moved).used()).isEqualTo(995);
                LeaseCall known = new LeaseCall("lost" + kind, kind, 1_000, time, 0, 0, 0, 0, 700, LeaseCall.ELSEWHERE);
                assertThat(reply(two, known).used()).isEqualTo(995);
            }
        }
    }

    @Test
    void whatIsSaidAgainIsDoneOnce() throws StoreAwayException {
        LeaseCall call = new LeaseCall("again", Kind.WINDOW, 1_000, 0, 100, 10, 10, 10, 0, 0);
        try (RedisLink link = link("one");
                RedisLink other = link("two")) {
            RedisLink.Answer first = link.say(7, List.of(call));
            assertThat(link.say(7, List.of(call)).replies()).isEqualTo(first.replies());
            assertThat(other.say(7, List.of(call)).replies()).isNotEqualTo(first.replies());
            assertThat(reply(link, call).used()).isEqualTo(330);
        }
    }

    /** On a connection that the node has given up. */
    @Test
    void whatComesLateIsNotDoneAgain() throws StoreAwayException {
        LeaseCall call = new LeaseCall("late", Kind.WINDOW, 1_000, 0, 100, 0, 0, 0, 0, 0);
        try (RedisLink link = link("one")) {
            link.say(7, List.of(call));
            link.say(8, List.of(call));
            StoreAwayException late = catchThrowableOfType(StoreAwayException.class, () -> link.say(7, List.of(call)));
            assertThat(late.reason()).isEqualTo("it answers LATE");
            assertThat(reply(link, call).used()).isEqualTo(300);
        }
    }

    /** What a node has seen is refilled until now; the count of another that was made meanwhile is older. */
    @Test
    void whatIsMadeUpForIsNotRefilledTwice() throws StoreAwayException {
        long hour = TimeUnit.HOURS.toMicros(1);
        try (RedisLink one = link("one")) {
            LeaseCall first = new LeaseCall("lost", Kind.BUCKET, 3_600, hour, 5, 0, 0, 0, 0, 0);
            long born = reply(one, first).born();
            long before = born - TimeUnit.MINUTES.toMicros(10);
            redis.say("HSET {test}:limit:lost at " + before);
            LeaseCall knows = new LeaseCall("lost", Kind.BUCKET, 3_600, hour, 0, 0, 0, 0, 3_000, 1);

            assertThat(reply(one, knows).used()).isEqualTo(3_000);
        }
    }

    @Test
    void whatTheUserMayNotDoIsNotCountedByHalf() throws StoreAwayException {
        redis.say("ACL SETUSER poor on >secret ~* +@all -pexpireat -hdel");
        long end = System.currentTimeMillis() + TimeUnit.HOURS.toMillis(1);
        RedisConfig config = new RedisConfig(
                redis.url(),
                null,
                null,
                "poor",
                new io.llmproxy.config.Secret("secret"),
                null,
                "test",
                Duration.ofSeconds(10),
                null);
        try (RedisLink poor = new RedisLink(config, "poor", "poor");
                RedisLink rich = link("rich")) {
            poor.open();
            LeaseCall window = new LeaseCall("day", Kind.WINDOW, 1_000, end, 100, 1, 1, 1, 0, 0);
            LeaseCall held = new LeaseCall("permits", Kind.PERMITS, 10, 60_000, 2, 0, 0, 0, 0, 0);
            LeaseCall free = new LeaseCall("permits", Kind.PERMITS, 10, 60_000, 0, 0, 0, 0, 0, 0);
            reply(poor, held);
            for (int i = 0; i < 2; i++) {
                List<RedisLink.Reply> refused = poor.say(NUMBER.incrementAndGet(), List.of(window, free))
                        .replies();
                // Which code it is depends on the version.
                assertThat(refused)
                        .extracting(RedisLink.Reply::refusal)
                        .doesNotContainNull()
                        .hasSize(2);
            }

            assertThat(reply(rich, new LeaseCall("day", Kind.WINDOW, 1_000, end, 0, 0, 0, 0, 0, 0))
                            .used())
                    .isZero();
            assertThat(reply(rich, free).used()).isEqualTo(2);
        }
        redis.say("ACL DELUSER poor");
    }

    @Test
    void aLimitThatCannotBeCountedDoesNotStopTheOthers() throws StoreAwayException {
        redis.say("SET {test}:limit:foreign text");
        try (RedisLink link = link("one")) {
            List<RedisLink.Reply> replies = link.say(
                            1,
                            List.of(
                                    new LeaseCall("foreign", Kind.WINDOW, 10, 0, 0, 1, 1, 1, 0, 0),
                                    new LeaseCall("ours", Kind.WINDOW, 10, 0, 0, 1, 1, 1, 0, 0)))
                    .replies();
            assertThat(replies.get(0)).isEqualTo(new RedisLink.Reply(null, "WRONGTYPE"));
            assertThat(Objects.requireNonNull(replies.get(1).counted()).granted())
                    .isEqualTo(1);
        }
    }

    @Test
    void aLimitWithAnOddNumberDoesNotStopTheOthers() throws StoreAwayException {
        long hour = TimeUnit.HOURS.toMicros(1);
        try (RedisLink link = link("one")) {
            for (String odd : List.of("inf", "-inf", "nan", "1e300", "-99999999999999999999", "text")) {
                for (String figure : List.of(
                        "window used",
                        "window born",
                        "window before",
                        "bucket missing",
                        "bucket at",
                        "bucket born",
                        "permits used",
                        "permits held:one",
                        "permits held:two",
                        "permits until:two")) {
                    forget();
                    redis.say("HSET {test}:limit:permits used 10 held:two 10 until:two " + LARGE);
                    redis.say("HSET {test}:limit:%s %s".formatted(figure, odd));
                    List<RedisLink.Reply> replies = link.say(
                                    NUMBER.incrementAndGet(),
                                    List.of(
                                            new LeaseCall("ours", Kind.WINDOW, 10, 0, 0, 1, 1, 1, 0, 0),
                                            new LeaseCall("window", Kind.WINDOW, 10, 0, 0, 1, 1, 1, 0, 0),
                                            new LeaseCall("bucket", Kind.BUCKET, 10, hour, 0, 1, 1, 1, 0, 0),
                                            new LeaseCall("permits", Kind.PERMITS, 10, 5_000, 0, 1, 1, 1, 0, 0)))
                            .replies();
                    assertThat(replies)
                            .as("%s %s", figure, odd)
                            .filteredOn(reply -> reply.counted() == null)
                            .containsExactly(new RedisLink.Reply(null, "OUTOFRANGE"));
                    assertThat(Objects.requireNonNull(replies.get(0).counted()).granted())
                            .isEqualTo(1);
                }
            }
        }
    }

    @Test
    void whatAddsUpToAnOddNumberIsNoCountEither() throws StoreAwayException {
        try (RedisLink link = link("one")) {
            for (int i = 0; i < 20; i++) {
                redis.say("HSET {test}:limit:permits held:%d %d until:%d %d".formatted(i, LARGE * 100, i, LARGE));
            }
            redis.say("HSET {test}:limit:permits used 10");
            LeaseCall call = new LeaseCall("permits", Kind.PERMITS, 10, 5_000, 0, 1, 1, 1, 0, 0);
            assertThat(link.say(NUMBER.incrementAndGet(), List.of(call)).replies())
                    .containsExactly(new RedisLink.Reply(null, "OUTOFRANGE"));
        }
    }

    @Test
    void whatIsRememberedOddlyIsNotRemembered() throws StoreAwayException {
        LeaseCall call = new LeaseCall("again", Kind.WINDOW, 1_000, 0, 100, 0, 0, 0, 0, 0);
        try (RedisLink link = link("one")) {
            for (String odd : List.of("number inf", "number text", "answer text")) {
                redis.say("HSET {test}:answer:one " + odd);
                assertThat(link.say(7, List.of(call)).replies()).as(odd).hasSize(1);
            }
            redis.say("ZADD {test}:nodes " + LARGE + " later");
            assertThat(link.say(8, List.of()).nodes()).isEqualTo(1);
        }
    }

    @Test
    void windowsAreCountedAsInTheModel() throws StoreAwayException {
        long end = System.currentTimeMillis() + TimeUnit.HOURS.toMillis(1);
        Random random = new Random(1);
        LeaseModel model = new LeaseModel();
        try (RedisLink link = link("one")) {
            for (int i = 0; i < 300; i++) {
                long size = i < 150 ? 10_000 : LARGE;
                long need = random.nextInt(4) * size / 200;
                LeaseCall call = new LeaseCall(
                        "window" + size,
                        Kind.WINDOW,
                        size,
                        end,
                        (random.nextInt(3) - 1) * size / 400,
                        need / 2,
                        need,
                        random.nextInt(10) * size / 100,
                        size / 50,
                        0);
                assertThat(unborn(reply(link, call))).as("%s", call).isEqualTo(unborn(model.answer("one", call, 0)));
            }
        }
    }

    @Test
    void permitsAreCountedAsInTheModel() throws StoreAwayException {
        Random random = new Random(2);
        LeaseModel model = new LeaseModel();
        long[] holds = new long[2];
        try (RedisLink one = link("one");
                RedisLink two = link("two")) {
            for (int i = 0; i < 300; i++) {
                int node = random.nextInt(2);
                long need = random.nextInt(3);
                holds[node] = random.nextInt((int) holds[node] + 1);
                LeaseCall call = new LeaseCall(
                        "permits", Kind.PERMITS, 12, 60_000, holds[node], Math.min(1, need), need, 4, 0, 0);
                String name = node == 0 ? "one" : "two";
                LeaseReply reply = reply(node == 0 ? one : two, call);
                LeaseReply expected = model.answer(name, call, 0);
                assertThat(reply).as("%s %s", name, call).isEqualTo(expected);
                holds[node] += reply.granted();
            }
        }
    }

    @Test
    void aNodeThatIsGoneHoldsNothing() throws StoreAwayException {
        try (RedisLink one = link("one");
                RedisLink two = link("two")) {
            LeaseCall all = new LeaseCall("permits", Kind.PERMITS, 5, 100, 0, 5, 5, 5, 0, 0);
            assertThat(reply(one, all).granted()).isEqualTo(5);
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> reply(two, all).granted() == 5);
            assertThat(two.say(1, List.of()).nodes()).isEqualTo(2);
        }
    }

    @Test
    void aBucketGivesNoMoreThanItHoldsAndSaysWhenItCan() throws StoreAwayException {
        long hour = TimeUnit.HOURS.toMicros(1);
        try (RedisLink link = link("one")) {
            LeaseCall half = new LeaseCall("bucket", Kind.BUCKET, 1_000, hour, 0, 500, 500, 500, 0, 0);
            LeaseReply first = reply(link, half);
            assertThat(first).isEqualTo(new LeaseReply(500, 500, 0, first.born()));
            assertThat(reply(link, half).granted()).isEqualTo(500);
            LeaseReply none = reply(link, half);
            assertThat(none.granted()).isZero();
            assertThat(none.used()).isEqualTo(1_000);
            assertThat(none.micros()).isBetween(hour * 4 / 10, hour / 2);
            // A debt, and what is given back.
            LeaseCall debt = new LeaseCall("bucket", Kind.BUCKET, 1_000, hour, 5_000, 0, 0, 0, 0, 0);
            assertThat(reply(link, debt).used()).isEqualTo(2_000);
            LeaseCall back = new LeaseCall("bucket", Kind.BUCKET, 1_000, hour, -1_950, 0, 0, 0, 0, 0);
            assertThat(reply(link, back).used()).isBetween(40L, 50L);
            // A part of what is left for the requests to come; what the store has lost is told again.
            LeaseCall ahead = new LeaseCall("bucket", Kind.BUCKET, 1_000, hour, 0, 1, 1, 400, 0, 0);
            assertThat(reply(link, ahead).granted()).isBetween(47L, 48L);
            LeaseCall lost = new LeaseCall("other", Kind.BUCKET, 1_000, hour, 0, 1, 1, 1, 990, 0);
            assertThat(reply(link, lost).used()).isBetween(990L, 991L);
        }
    }

    @Test
    void whatTheStoreRefusesIsToldByItsCode() throws StoreAwayException {
        try (RedisLink link = link("one")) {
            redis.say("SET {test}:nodes text");
            StoreAwayException wrong = catchThrowableOfType(StoreAwayException.class, () -> link.say(1, List.of()));
            assertThat(wrong.reason()).isEqualTo("it answers WRONGTYPE");
        }
        RedisConfig denied = new RedisConfig(
                redis.url(),
                null,
                null,
                "stranger",
                new io.llmproxy.config.Secret("wrong"),
                null,
                "test",
                Duration.ofSeconds(10),
                null);
        try (RedisLink link = new RedisLink(denied, "one", "one")) {
            StoreAwayException refused = catchThrowableOfType(StoreAwayException.class, link::open);
            assertThat(refused.reason()).isEqualTo("it answers WRONGPASS");
        }
    }
}
