package io.llmproxy.admin.api;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The client keys, as they may be shown. */
final class KeyViews {
    private static final int HINT = 6;

    /** Of a shorter key, the first characters would tell too much. */
    private static final int SHORTEST_WITH_HINT = 20;

    private KeyViews() {}

    /** A key and where it stands. */
    record Placed(ClientKeyConfig key, Place place) {}

    record Place(String kind, @Nullable String name) {}

    record View(
            String name,
            @Nullable String hint,
            String fingerprint,
            Place place,
            boolean enabled,
            @Nullable String expiresAt,
            boolean usable,
            List<String> allowedModels,
            @Nullable Integer requestsPerSecond,
            int maxConcurrent) {}

    /** All keys, by name. */
    static List<View> of(ProxyConfig config) {
        Instant now = Instant.now();
        return all(config)
                .map(placed -> view(placed, now))
                .sorted(Comparator.comparing(View::name))
                .toList();
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

    private static View view(Placed placed, Instant now) {
        ClientKeyConfig key = placed.key();
        Instant expires = key.expires();
        return new View(
                key.name(),
                hint(key),
                KeyDigest.configured(key.key()).fingerprint(),
                placed.place(),
                key.enabled(),
                Times.told(expires),
                key.enabled() && (expires == null || now.isBefore(expires)),
                key.allowedModels().stream().map(ModelPattern::text).toList(),
                key.rateLimit() == null ? null : key.rateLimit().requestsPerSecond(),
                key.maxConcurrent());
    }

    private static @Nullable String hint(ClientKeyConfig key) {
        String text = key.key().reveal();
        return KeyDigest.isDigest(text) || text.length() < SHORTEST_WITH_HINT ? null : text.substring(0, HINT);
    }
}
