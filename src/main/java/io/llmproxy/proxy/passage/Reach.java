package io.llmproxy.proxy.passage;

import io.llmproxy.config.Provider;
import io.llmproxy.config.SpokenApi;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.protocol.ApiFamily;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import org.jspecify.annotations.Nullable;

/** Which upstreams of a group can serve requests of a kind: those that speak the client's API, and others by conversion. */
public final class Reach {
    private final ApiFamily family;
    private final @Nullable ClientCall call;

    Reach(ApiFamily family, @Nullable ClientCall call) {
        this.family = family;
        this.call = call;
    }

    /**
     * Returns the reach of a request that is only thought of.
     *
     * @param method of the request
     * @param target what its path is for
     * @param path the path
     */
    public static Reach of(UpstreamGroup group, String method, ApiPath target, String path) {
        return new Reach(
                target.family(), group.converts() ? ClientCall.of(method, target.endpoint(), path, null) : null);
    }

    /** Whether an upstream speaks the client's API. */
    public boolean isAlike(Upstream upstream) {
        SpokenApi only = upstream.config().dialect();
        return upstream.serves(family) && (only == null || call == null || call.isIn(Conversions.of(only)));
    }

    /** Whether an upstream of another API can serve the request, as long as its body can be read whole. */
    public boolean converts(Upstream upstream) {
        return call != null && upstream.isApiKnown() && (!call.isForEmbeddings() || hasEmbeddings(upstream.config()));
    }

    private static boolean hasEmbeddings(UpstreamConfig config) {
        return config.provider() != Provider.VERTEX && Conversions.dialect(config, "") != Dialect.MESSAGES;
    }
}
