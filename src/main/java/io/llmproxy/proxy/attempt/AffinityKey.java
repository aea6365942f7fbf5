package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.AffinityConfig;
import io.llmproxy.config.AffinityConfig.By;
import io.llmproxy.protocol.PromptKeys;
import io.llmproxy.protocol.TextHash;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.upstream.UpstreamGroup;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds out what a request has in common with others that go to the same upstream. */
final class AffinityKey {
    private final Exchange exchange;
    private final AffinityConfig config;
    private final RequestBody body;
    private @Nullable PromptKeys prompt;

    private AffinityKey(Exchange exchange, AffinityConfig config, RequestBody body) {
        this.exchange = exchange;
        this.config = config;
        this.body = body;
    }

    /**
     * Returns a hash of it.
     *
     * @param config what counts; null if nothing does, and then nothing is looked at
     * @param body the request's body, collected
     * @return {@link UpstreamGroup#NO_AFFINITY} if the request has nothing of it
     */
    static long of(Exchange exchange, @Nullable AffinityConfig config, RequestBody body) {
        return config == null ? UpstreamGroup.NO_AFFINITY : new AffinityKey(exchange, config, body).find();
    }

    private long find() {
        long key = UpstreamGroup.NO_AFFINITY;
        for (int place = 0; place < config.by().size() && key == UpstreamGroup.NO_AFFINITY; place++) {
            key = by(config.by().get(place));
        }
        return key;
    }

    private long by(By by) {
        return switch (by) {
            case CLIENT_KEY -> clientKey();
            case HEADER -> header();
            case PROMPT_CACHE_KEY -> prompt().cacheKey();
            case USER -> prompt().user();
            case PREFIX -> prompt().prefix();
        };
    }

    private long clientKey() {
        ClientKey key = exchange.clientKey();
        return key == null ? UpstreamGroup.NO_AFFINITY : TextHash.of(Integer.toHexString(key.hashCode()));
    }

    private long header() {
        String name = config.header();
        List<String> values = name == null ? List.of() : exchange.head().values(name.toLowerCase(Locale.ROOT));
        return values.isEmpty() || values.get(0).isBlank() ? UpstreamGroup.NO_AFFINITY : TextHash.of(values.get(0));
    }

    private PromptKeys prompt() {
        PromptKeys known = prompt;
        if (known == null) {
            List<ByteBuffer> pieces = body.legible();
            known = pieces == null ? PromptKeys.NONE : PromptKeys.of(exchange.upstreamEndpoint(), pieces);
            prompt = known;
        }
        return known;
    }
}
