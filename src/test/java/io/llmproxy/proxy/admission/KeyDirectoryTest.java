package io.llmproxy.proxy.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ScopeConfig;
import io.llmproxy.quota.Asked;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.quota.Moment;
import io.llmproxy.quota.Quotas;
import io.llmproxy.quota.Reservation;
import io.llmproxy.quota.Standing;
import io.llmproxy.quota.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyDirectoryTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final KeyDirectory directory = new KeyDirectory(Duration.ofSeconds(60), nanos::get);

    private static IssuedKey key(
            String id, String key, @Nullable Integer perSecond, IssuedKey.@Nullable Previous before) {
        ClientKeyConfig config = new ClientKeyConfig(
                "name of " + id,
                KeyDigest.of(key).configured(),
                true,
                null,
                List.of(),
                perSecond == null ? null : new KeyRateLimitConfig(perSecond, null),
                0,
                false,
                null,
                List.of());
        return new IssuedKey(id, config, "sk-", List.of(), before, "ann", NOW, 1);
    }

    private static IssuedKey key(String id, String key) {
        return key(id, key, null, null);
    }

    private @Nullable ClientKey find(String key) {
        return directory.find(KeyDigest.of(key));
    }

    private ClientKey found(String key) {
        return Objects.requireNonNull(find(key), key);
    }

    private static KeyLimits.Limits limits(ClientKey key) {
        return KeyLimits.of(Stream.of(), Quotas.NONE, null).of(key);
    }

    @Test
    void keysComeChangeAndGo() {
        directory.put(key("1", "one"));
        directory.put(key("2", "two"));
        assertThat(found("one").name()).isEqualTo("name of 1");
        assertThat(directory.named("name of 2")).contains(found("two"));
        assertThat(directory.named("two")).isEmpty();
        assertThat(find("three")).isNull();

        directory.put(key("1", "three"));
        directory.remove("2");
        directory.remove("9");

        assertThat(find("one")).isNull();
        assertThat(find("two")).isNull();
        assertThat(found("three").name()).isEqualTo("name of 1");
        assertThat(directory.size()).isEqualTo(1);
        assertThat(directory.all()).extracting(IssuedKey::id).containsExactly("1");
    }

    @Test
    void whatAKeyMadeIsItsOwnAfterARotation() {
        directory.put(key("1", "one"));
        directory.put(key("2", "two"));
        String mark = found("one").mark();
        assertThat(mark).hasSize(22).isNotEqualTo(found("two").mark());

        directory.put(key("1", "next", null, new IssuedKey.Previous(KeyDigest.of("one"), NOW)));
        assertThat(found("next").mark()).isEqualTo(mark);
        assertThat(found("one").mark()).isEqualTo(mark);

        directory.put(key("3", "next"));
        assertThat(found("next").mark()).as("it was issued again").isNotEqualTo(mark);
    }

    @Test
    void allKeysAreReplaced() {
        directory.put(key("1", "one"));
        directory.put(key("2", "two"));

        directory.replace(List.of(key("2", "two"), key("3", "three")));

        assertThat(find("one")).isNull();
        assertThat(found("two").name()).isEqualTo("name of 2");
        assertThat(found("three").name()).isEqualTo("name of 3");
    }

    @Test
    void whatBoundsAKeyStaysWhenOtherThingsChange() {
        directory.put(key("1", "one", 1, null));
        KeyLimits.Limits before = limits(found("one"));
        assertThat(Objects.requireNonNull(before.rate()).tryAcquire().allowed()).isTrue();

        directory.put(key("2", "two", 1, null));
        directory.put(key("1", "other", 1, new IssuedKey.Previous(KeyDigest.of("one"), NOW)));

        assertThat(limits(found("other")).rate()).isSameAs(before.rate());
        assertThat(limits(found("one")).rate()).isSameAs(before.rate());
        assertThat(limits(found("two")).rate()).isNotSameAs(before.rate());

        directory.put(key("1", "other", 2, null));
        assertThat(limits(found("other")).rate()).isNotSameAs(before.rate());
        assertThat(find("one")).isNull();
    }

    private static LimitConfig limit(Metric metric, @Nullable Period per, double amount, Double... warnAt) {
        return new LimitConfig(metric, per, amount, List.of(), null, Mode.ENFORCE, null, List.of(warnAt));
    }

    private static IssuedKey bounded(
            String name,
            String key,
            IssuedKey.@Nullable Previous before,
            @Nullable String scope,
            LimitConfig... limits) {
        ClientKeyConfig config = new ClientKeyConfig(
                name, KeyDigest.of(key).configured(), true, null, List.of(), null, 0, false, scope, List.of(limits));
        return new IssuedKey("1", config, "sk-", List.of(), before, "ann", NOW, 1);
    }

    private static Quotas quotas(@Nullable Quotas before, String... scopes) {
        List<ScopeConfig> configs = Stream.of(scopes)
                .map(name -> new ScopeConfig(
                        name,
                        ScopeConfig.Kind.TEAM,
                        null,
                        List.of(ModelPattern.parse("m").orElseThrow()),
                        true,
                        List.of(limit(Metric.REQUESTS, Period.DAY, 100))))
                .toList();
        return Quotas.of(configs, List.of(), () -> new Moment(0, NOW.toEpochMilli()), null, before);
    }

    private LimitPath path(String key, Quotas quotas) {
        return Objects.requireNonNull(KeyLimits.of(Stream.of(), quotas, null).path(found(key)), key);
    }

    private static void use(LimitPath path, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(path.reserve(new Asked("m", "m", true, false, 0, 0), new Moment(0, NOW.toEpochMilli())))
                    .isInstanceOf(Reservation.class);
        }
    }

    private List<Long> left(Quotas quotas) {
        return directory.standings("1", quotas).stream().map(Standing::left).toList();
    }

    @Test
    void whatAKeyHasUsedOutlivesReloadsAndChangesOfTheKey() {
        LimitConfig month = limit(Metric.REQUESTS, Period.MONTH, 10);
        directory.put(bounded("team", "one", null, null, month));
        Quotas first = quotas(null);
        use(path("one", first), 5);

        Quotas third = quotas(quotas(first));

        assertThat(left(third)).containsExactly(5L);
        directory.put(bounded("renamed", "one", null, null, limit(Metric.REQUESTS, Period.MONTH, 20)));
        assertThat(left(third)).containsExactly(15L);
        directory.put(bounded(
                "renamed",
                "two",
                new IssuedKey.Previous(KeyDigest.of("one"), NOW.plusSeconds(60)),
                null,
                limit(Metric.REQUESTS, Period.MONTH, 20)));
        use(path("one", third), 1);
        use(path("two", third), 1);
        assertThat(left(third)).containsExactly(13L);
        // All keys are told anew, as after a restart of the database with another copy.
        directory.replace(List.of(bounded("renamed", "two", null, null, month)));
        assertThat(left(third)).containsExactly(3L);

        directory.put(bounded("renamed", "two", null, null));
        assertThat(KeyLimits.of(Stream.of(), third, null).path(found("two"))).isNull();
        assertThat(left(third)).isEmpty();
        directory.put(bounded("renamed", "two", null, null, month));
        assertThat(left(third)).containsExactly(10L);
        directory.remove("1");
        assertThat(left(third)).isEmpty();
    }

    @Test
    void aKeyBelongsToAScopeOfTheConfigurationInUse() {
        directory.put(bounded("team", "one", null, "search"));
        directory.put(key("2", "two"));
        assertThat(directory.byScope()).containsExactly(Map.entry("search", 1L));
        Quotas with = quotas(null, "search");
        Quotas without = quotas(with);
        LimitPath path = path("one", with);

        assertThat(path.isKnown()).isTrue();
        assertThat(path.isConfined()).isTrue();
        assertThat(path.distinguishesModels()).isTrue();
        assertThat(path("one", with)).isSameAs(path);
        assertThat(path("one", without).isKnown()).isFalse();
        assertThat(path("one", quotas(without, "search")).isKnown()).isTrue();
    }

    @Test
    void onlyLimitsWithWarningsAreWatched() {
        Quotas quotas = quotas(null);
        directory.put(key("2", "other"));
        directory.put(bounded("team", "one", null, null, limit(Metric.REQUESTS, Period.DAY, 10)));
        assertThat(directory.watched(quotas)).isEmpty();

        directory.put(bounded(
                "team",
                "one",
                null,
                null,
                limit(Metric.REQUESTS, Period.DAY, 10, 0.5),
                limit(Metric.REQUESTS, Period.MONTH, 10)));
        use(path("one", quotas), 5);

        assertThat(directory.watched(quotas)).singleElement().satisfies(standing -> {
            assertThat(standing.usedPart()).isEqualTo(0.5);
            assertThat(standing.limit().subject()).isEqualTo(Subject.issuedKey("1", "team"));
            assertThat(standing.limit().config().per()).isEqualTo(Period.DAY);
        });
        directory.remove("1");
        assertThat(directory.watched(quotas)).isEmpty();
        assertThat(directory.standings("2", quotas)).isEmpty();
        assertThat(directory.standings("nosuch", quotas)).isEmpty();
    }

    @Test
    void theValueBeforeARotationWorksForAWhile() {
        directory.put(key("1", "new", null, new IssuedKey.Previous(KeyDigest.of("old"), NOW)));

        assertThat(found("old").state(NOW.minusSeconds(1))).isEqualTo(ClientKey.State.GOOD);
        assertThat(found("old").state(NOW)).isEqualTo(ClientKey.State.EXPIRED);
        assertThat(found("new").state(NOW)).isEqualTo(ClientKey.State.GOOD);

        directory.remove("1");
        assertThat(find("old")).isNull();
    }

    @Test
    void aKeyThatEndsBeforeItsGraceEndsThen() {
        IssuedKey key = key("1", "new", null, new IssuedKey.Previous(KeyDigest.of("old"), NOW));
        IssuedKey ending = new IssuedKey(
                "1", key.config().until(NOW.minusSeconds(9)), null, List.of(), key.previous(), "ann", NOW, 2);
        directory.put(ending);

        assertThat(found("old").state(NOW.minusSeconds(5))).isEqualTo(ClientKey.State.EXPIRED);
        assertThat(found("new").state(NOW.minusSeconds(5))).isEqualTo(ClientKey.State.EXPIRED);
    }

    @Test
    void aKeyIsForAllForwardsOrForThoseThatItNames() {
        directory.put(key("1", "one"));
        IssuedKey two = key("2", "two");
        directory.put(new IssuedKey("2", two.config(), null, List.of("main", "more"), null, "ann", NOW, 2));

        assertThat(found("one").isFor("main")).isTrue();
        assertThat(found("two").isFor("more")).isTrue();
        assertThat(found("two").isFor("other")).isFalse();
        assertThat(found("two").opens("any upstream")).isTrue();
    }

    @Test
    void aValueThatIsAnotherKeysByNowIsLeftToThat() {
        directory.put(key("1", "one"));
        directory.put(key("2", "one"));

        directory.put(key("1", "three"));

        assertThat(found("one").name()).isEqualTo("name of 2");
    }

    @Test
    void untilTheStoreHasToldEveryClientNeedsAKeyAndAnyMayBeNew() {
        assertThat(directory.isRequired()).isTrue();
        assertThat(directory.isStale()).isTrue();
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        assertThat(directory.age()).isEqualTo(Duration.ofSeconds(10));

        directory.required(false);
        directory.fresh();

        assertThat(directory.isRequired()).isFalse();
        assertThat(directory.isStale()).isFalse();
        nanos.addAndGet(Duration.ofSeconds(60).toNanos());
        assertThat(directory.isStale()).isFalse();
        nanos.addAndGet(1);
        assertThat(directory.isStale()).isTrue();
        directory.fresh();
        assertThat(directory.isStale()).isFalse();
    }

    @Test
    void aChangeOfOneOfManyTouchesNoOther() {
        directory.replace(IntStream.range(0, 100_000)
                .mapToObj(i -> key(Integer.toString(i), "key " + i, 1, null))
                .toList());
        ClientKey other = found("key 7");

        directory.put(key("8", "another", 1, null));

        assertThat(find("key 7")).isSameAs(other);
        assertThat(directory.size()).isEqualTo(100_000);
        long begin = System.nanoTime();
        for (int i = 0; i < 100_000; i++) {
            assertThat(find("key " + i) == null).isEqualTo(i == 8);
        }
        // A look-up takes a microsecond or so; one that looked at all keys would take a thousand times as long.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    }
}
