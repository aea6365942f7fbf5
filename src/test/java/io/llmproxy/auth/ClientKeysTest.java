package io.llmproxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.load.ConfigLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientKeysTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

    private static final String YAML = """
            keys: %s
            http_server:
              forwards:
                - {name: one, port: 1, upstream_group: a, keys: %s}
                - {name: two, port: 2, upstream_group: b}
            upstreams:
              - {name: a, url: 'http://a', keys: %s}
              - {name: b, url: 'http://b', keys: %s}
              - {name: open, url: 'http://c'}
            upstream_groups:
              - {name: a, upstreams: [{name: a}, {name: open}]}
              - {name: b, upstreams: [{name: a}, {name: b}]}
            """;

    /** Keys for all, of the forward one, of the upstream a, of the upstream b. */
    private static ProxyConfig config(String... lists) {
        return ConfigLoader.parse(YAML.formatted((Object[]) lists), "test", Path.of(""), Map.of())
                .config();
    }

    private static ClientKeys keys(ProxyConfig config, int forward) {
        return ConfiguredKeys.of(config, KeySource.NONE)
                .of(config.httpServer().forwards().get(forward));
    }

    private static Authentication show(ClientKeys keys, String key) {
        return keys.authenticate(new PresentedKey.One(new Secret(key), KeyPlace.X_API_KEY), NOW);
    }

    private static @Nullable String name(ClientKeys keys, String key) {
        ClientKey found = show(keys, key).key();
        return found == null ? null : found.name();
    }

    @Test
    void aMarkTellsKeysApartAndIsTheSameOnAllNodes() {
        String keys = "[{name: one, key: sk-one}, {name: two, key: sk-two}]";
        List<ClientKeyConfig> once = config(keys, "[]", "[]", "[]").keys();
        List<ClientKeyConfig> again =
                config(keys.replace("name: one", "name: x"), "[]", "[]", "[]").keys();
        ClientKey one = ClientKey.of("", once.get(0));

        assertThat(one.mark())
                .hasSize(22)
                .isSameAs(one.mark())
                .isEqualTo(ClientKey.of("", again.get(0)).mark())
                .isNotEqualTo(ClientKey.of("", once.get(1)).mark())
                .isNotEqualTo(ClientKey.of("forward one", once.get(0)).mark());
        assertThat(one).isEqualTo(ClientKey.of("", again.get(0)));
    }

    @Test
    void keysForAllOpenEveryForwardAndOwnOnesTheirs() {
        ProxyConfig config = config("[{name: all, key: sk-all-00}]", "[{name: own, key: sk-own-00}]", "[]", "[]");

        assertThat(name(keys(config, 0), "sk-all-00")).isEqualTo("all");
        assertThat(name(keys(config, 1), "sk-all-00")).isEqualTo("all");
        assertThat(name(keys(config, 0), "sk-own-00")).isEqualTo("own");
        assertThat(show(keys(config, 1), "sk-own-00")).isEqualTo(Authentication.refused(AuthFailure.UNKNOWN));
        assertThat(keys(config, 0).isRequired()).isTrue();
        assertThat(keys(config, 0).guards("open")).isTrue();
        assertThat(ConfiguredKeys.of(config, KeySource.NONE).all())
                .extracting(ClientKey::name)
                .containsExactlyInAnyOrder("all", "own");
    }

    @Test
    void withoutAnyKeyNoClientIsAsked() {
        ProxyConfig config = config("[]", "[]", "[]", "[{name: b, key: sk-b-0000}]");

        assertThat(keys(config, 0).isEmpty()).isTrue();
        assertThat(keys(config, 0).guards("a")).isFalse();
        assertThat(keys(config, 1).isEmpty()).isFalse();
        assertThat(keys(config, 1).isRequired()).isFalse();
    }

    @Test
    void theKeyOfAnUpstreamOpensThatUpstreamOnly() {
        ProxyConfig config = config("[]", "[]", "[{name: a, key: sk-a-0000}]", "[{name: b, key: sk-b-0000}]");
        ClientKeys two = keys(config, 1);
        ClientKey key = Objects.requireNonNull(show(two, "sk-a-0000").key());

        assertThat(key.opens("a")).isTrue();
        assertThat(key.opens("b")).isFalse();
        assertThat(name(two, "sk-b-0000")).isEqualTo("b");
        assertThat(name(keys(config, 0), "sk-b-0000")).isNull();
        assertThat(two.guards("a")).isTrue();
        assertThat(keys(config, 0).guards("open")).isFalse();
    }

    @Test
    void aKeyThatSeveralUpstreamsHaveOpensThemAll() {
        String shared = "[{name: shared, key: sk-shared}]";
        ClientKeys two = keys(config("[]", "[]", shared, shared), 1);
        ClientKey key = Objects.requireNonNull(show(two, "sk-shared").key());

        assertThat(key.opens("a")).isTrue();
        assertThat(key.opens("b")).isTrue();
        assertThat(key.opens("open")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "sk-good-0, -",
                "sk-off-00, DISABLED",
                "sk-old-00, EXPIRED",
                "sk-today0, EXPIRED",
                "sk-late-0, -",
                "sk-good-1, UNKNOWN",
                "SK-GOOD-0, UNKNOWN",
                "sk-good-, UNKNOWN"
            })
    void aKeyIsGoodUnlessItIsOffOrOver(String key, @Nullable AuthFailure failure) {
        ClientKeys keys = keys(config("""
                        [{name: good, key: sk-good-0},
                         {name: off, key: sk-off-00, enabled: false, expires: 2020-01-01},
                         {name: old, key: sk-old-00, expires: 2026-06-01},
                         {name: today, key: sk-today0, expires: '2026-06-01T12:00:00Z'},
                         {name: late, key: sk-late-0, expires: '2026-06-01T12:00:01Z'}]
                        """, "[]", "[]", "[]"), 0);

        assertThat(show(keys, key).failure()).isEqualTo(failure);
    }

    @Test
    void aClientThatShowsNoKeyOrSeveralIsRefused() {
        ClientKeys keys = keys(config("[{name: all, key: sk-all-00}]", "[]", "[]", "[]"), 0);

        assertThat(keys.authenticate(new PresentedKey.None(), NOW).failure()).isEqualTo(AuthFailure.MISSING);
        assertThat(keys.authenticate(new PresentedKey.Conflict(Set.of(KeyPlace.QUERY)), NOW)
                        .failure())
                .isEqualTo(AuthFailure.CONFLICTING);
        assertThat(AuthFailure.MISSING.isStranger()).isTrue();
        assertThat(AuthFailure.UNKNOWN.isStranger()).isTrue();
        assertThat(AuthFailure.EXPIRED.isStranger()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "' OR '1'='1",
                "\0",
                "%00",
                "sha256:2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea",
                "\uD83D\uDE00",
                "\uD83D"
            })
    void oddKeysAreUnknown(String key) {
        ClientKeys keys = keys(config("""
                        [{name: all, key: sk-all-00},
                         {name: hash, key: 'sha256:2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea'}]
                        """, "[]", "[]", "[]"), 0);

        assertThat(show(keys, key)).isEqualTo(Authentication.refused(AuthFailure.UNKNOWN));
        assertThat(show(keys, key.repeat(20_000))).isEqualTo(Authentication.refused(AuthFailure.UNKNOWN));
        assertThat(name(keys, "demo")).isEqualTo("hash");
    }

    @Test
    void aKeyAllowsTheModelsThatItNames() {
        ClientKey all = key("k", "sk-0123456", List.of());
        ClientKey some = key("k", "sk-0123456", List.of("gpt-4o", "claude-*", "o[13]", "a|b", "gpt-3.5"));

        assertThat(all.allows("anything")).isTrue();
        assertThat(some.allows("gpt-4o")).isTrue();
        assertThat(some.allows("claude-3")).isTrue();
        assertThat(some.allows("o3")).isTrue();
        assertThat(some.allows("b")).isTrue();
        assertThat(some.allows("gpt-3.5")).isTrue();
        assertThat(some.allows("gpt-4o-mini")).isFalse();
        assertThat(some.allows("o31")).isFalse();
        assertThat(some.allows("ax")).isFalse();
        assertThat(some.allows("xb")).isFalse();
        assertThat(some.allows("gpt-3x5")).isFalse();
        assertThat(some.allows("")).isFalse();
    }

    @Test
    void aKeyIsTheSameWhateverElseHasChanged() {
        ClientKey key = key("k", "sk-0123456", List.of());

        assertThat(key).isEqualTo(key("renamed", "sk-0123456", List.of("m"))).hasSameHashCodeAs(key);
        assertThat(key).isNotEqualTo(key("k", "sk-0123457", List.of()));
        assertThat(key).isNotEqualTo(ClientKey.of("elsewhere", key.config()));
        assertThat(key).isNotEqualTo("k").hasToString("k");
    }

    private static ClientKey key(String name, String key, List<String> models) {
        List<ModelPattern> patterns = models.stream()
                .flatMap(text -> ModelPattern.parse(text).stream())
                .toList();
        return ClientKey.of(
                "", new ClientKeyConfig(name, new Secret(key), true, null, patterns, null, 0, false, null, List.of()));
    }

    @Test
    void manyKeysAreFound() {
        List<ClientKey> many = IntStream.range(0, 100_000)
                .mapToObj(number -> key("k" + number, "sk-" + number, List.of()))
                .toList();
        ClientKeys keys = new ClientKeys(
                "one",
                KeySource.NONE,
                ClientKeys.byDigest(many.stream()),
                List.<ClientKey>of().stream(),
                List.<ClientKey>of().stream(),
                Set.of());

        assertThat(name(keys, "sk-0")).isEqualTo("k0");
        assertThat(name(keys, "sk-99999")).isEqualTo("k99999");
        assertThat(name(keys, "sk-100000")).isNull();
        // What a look-up costs among so many: the hashes spread, so that the bins of the map stay small.
        assertThat(many.stream().map(ClientKey::hashCode).distinct().count()).isGreaterThan(99_900);
    }

    /** Keys of a store. */
    private static final class Source implements KeySource {
        private final Map<KeyDigest, ClientKey> keys = new HashMap<>();
        private boolean required;
        private boolean stale;

        void add(String name, String key, String... forwards) {
            ClientKeyConfig config = key(name, key, List.of()).config();
            keys.put(KeyDigest.of(key), new ClientKey("store", config) {
                @Override
                public boolean isFor(String forward) {
                    return forwards.length == 0 || List.of(forwards).contains(forward);
                }

                @Override
                public boolean opens(String upstream) {
                    return true;
                }
            });
        }

        @Override
        public @Nullable ClientKey find(KeyDigest digest) {
            return keys.get(digest);
        }

        @Override
        public Optional<ClientKey> named(String name) {
            return keys.values().stream().filter(key -> key.name().equals(name)).findFirst();
        }

        @Override
        public boolean isRequired() {
            return required;
        }

        @Override
        public boolean isStale() {
            return stale;
        }
    }

    private static ClientKeys keys(Source source, String global) {
        ProxyConfig config = config(global, "[]", "[]", "[]");
        return ConfiguredKeys.of(config, source)
                .of(config.httpServer().forwards().get(0));
    }

    @Test
    void keysOfASourceAreAskedForLast() {
        Source source = new Source();
        source.add("stored", "sk-stored-0");
        source.add("hidden", "sk-all-00");
        ClientKeys keys = keys(source, "[{name: all, key: sk-all-00}]");

        assertThat(name(keys, "sk-stored-0")).isEqualTo("stored");
        assertThat(name(keys, "sk-all-00")).isEqualTo("all");
        assertThat(keys.named("stored")).map(ClientKey::name).contains("stored");
        assertThat(keys.named("all")).map(ClientKey::name).contains("all");
        assertThat(keys.named("none")).isEmpty();
    }

    @Test
    void aSourceMayAskEveryClientForAKey() {
        Source source = new Source();
        ClientKeys keys = keys(source, "[]");
        assertThat(keys.isEmpty()).isTrue();
        assertThat(keys.guards("open")).isFalse();

        source.required = true;

        assertThat(keys.isEmpty()).isFalse();
        assertThat(keys.isRequired()).isTrue();
        assertThat(keys.guards("open")).isTrue();
    }

    @Test
    void aKeyOfAnotherForwardOpensNothingHere() {
        Source source = new Source();
        source.add("here", "sk-here-00", "one", "two");
        source.add("there", "sk-there-0", "two");
        ClientKeys keys = keys(source, "[]");

        assertThat(show(keys, "sk-here-00").failure()).isNull();
        assertThat(show(keys, "sk-there-0").failure()).isEqualTo(AuthFailure.ELSEWHERE);
        assertThat(keys.named("there")).isEmpty();
    }

    @Test
    void aKeyThatMayBeNewIsNotCalledUnknown() {
        Source source = new Source();
        source.add("stored", "sk-stored-0");
        source.stale = true;
        ClientKeys keys = keys(source, "[]");

        assertThat(show(keys, "sk-other-00").failure()).isEqualTo(AuthFailure.UNVERIFIED);
        assertThat(show(keys, "sk-stored-0").failure()).isNull();
        assertThat(AuthFailure.UNVERIFIED.isStranger()).isTrue();
    }
}
