package io.llmproxy.admin.api;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The client keys, as they may be shown.
 *
 * @param scopes to which they may belong
 * @param now the time
 */
record KeyViews(ScopeTree scopes, Instant now) {
    private static final int HINT = 6;

    /** Of a shorter key, the first characters would tell too much. */
    private static final int SHORTEST_WITH_HINT = 20;

    /** A key and where it stands. */
    record Placed(ClientKeyConfig key, Place place) {}

    record Place(String kind, @Nullable String name) {}

    record View(
            @Nullable String id,
            String name,
            @Nullable String hint,
            String fingerprint,
            Place place,
            List<String> forwards,
            boolean enabled,
            @Nullable String expiresAt,
            boolean usable,
            @Nullable String unusableBecause,
            List<String> allowedModels,
            @Nullable Integer requestsPerSecond,
            @Nullable Integer burstSize,
            int maxConcurrent,
            boolean explain,
            @Nullable String scope,
            List<LimitBody> limits,
            @Nullable String previousUntil,
            @Nullable String createdBy,
            @Nullable String createdAt,
            @Nullable String etag) {}

    /** The keys of the configuration, by name. */
    List<View> of(ProxyConfig config) {
        return all(config)
                .map(this::view)
                .sorted(Comparator.comparing(View::name))
                .toList();
    }

    /** A key that was issued. */
    View of(IssuedKey key) {
        IssuedKey.Previous previous = key.previous();
        return view(
                key.id(),
                key.config(),
                key.hint(),
                new Place(key.forwards().isEmpty() ? "all" : "forwards", null),
                key.forwards(),
                previous == null || !previous.until().isAfter(now) ? null : previous.until(),
                key.createdBy(),
                key.createdAt(),
                tag(key));
    }

    /** Names a key as it is: after a change it has another tag. */
    static String tag(IssuedKey key) {
        return "\"k" + key.revision() + '"';
    }

    static Stream<Placed> all(ProxyConfig config) {
        Stream<Placed> everywhere = config.keys().stream().map(key -> new Placed(key, new Place("all", null)));
        Stream<Placed> forwards = config.httpServer().forwards().stream().flatMap(KeyViews::of);
        Stream<Placed> upstreams = config.upstreams().stream().flatMap(KeyViews::of);
        return Stream.of(everywhere, forwards, upstreams).flatMap(keys -> keys);
    }

    private static Stream<Placed> of(ForwardConfig forward) {
        return forward.keys().stream().map(key -> new Placed(key, new Place("forward", forward.name())));
    }

    private static Stream<Placed> of(UpstreamConfig upstream) {
        return upstream.keys().stream().map(key -> new Placed(key, new Place("upstream", upstream.name())));
    }

    /** A key of the configuration. */
    View view(Placed placed) {
        Place place = placed.place();
        List<String> forwards =
                place.kind().equals("forward") && place.name() != null ? List.of(place.name()) : List.of();
        return view(null, placed.key(), hint(placed.key()), place, forwards, null, null, null, null);
    }

    private View view(
            @Nullable String id,
            ClientKeyConfig key,
            @Nullable String hint,
            Place place,
            List<String> forwards,
            @Nullable Instant previousUntil,
            @Nullable String createdBy,
            @Nullable Instant createdAt,
            @Nullable String tag) {
        Instant expires = key.expires();
        KeyRateLimitConfig rate = key.rateLimit();
        String refusal = refusal(key);
        return new View(
                id,
                key.name(),
                hint,
                KeyDigest.configured(key.key()).fingerprint(),
                place,
                forwards,
                key.enabled(),
                Times.told(expires),
                refusal == null,
                refusal,
                key.allowedModels().stream().map(ModelPattern::text).toList(),
                rate == null ? null : rate.requestsPerSecond(),
                rate == null ? null : rate.burstSize(),
                key.maxConcurrent(),
                key.explain(),
                key.scope(),
                LimitBody.of(key.limits()),
                Times.told(previousUntil),
                createdBy,
                Times.told(createdAt),
                tag);
    }

    /** Why it is refused; null if it is not. */
    private @Nullable String refusal(ClientKeyConfig key) {
        if (!key.enabled()) {
            return "disabled";
        }
        Instant expires = key.expires();
        return expires == null || now.isBefore(expires) ? scopes.refusal(key.scope()) : "expired";
    }

    private static @Nullable String hint(ClientKeyConfig key) {
        String text = key.key().reveal();
        return KeyDigest.isDigest(text) ? null : hint(text);
    }

    /** The first characters of a key; null if they would tell too much of it. */
    static @Nullable String hint(String key) {
        return key.length() < SHORTEST_WITH_HINT ? null : key.substring(0, HINT);
    }
}
