package io.llmproxy.proxy.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.quota.Quotas;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
