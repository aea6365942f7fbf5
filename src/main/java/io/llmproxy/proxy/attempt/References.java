package io.llmproxy.proxy.attempt;

import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ResourcePath;
import io.llmproxy.protocol.ResourceReferences;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.upstream.ResourceHome;
import io.llmproxy.upstream.UpstreamGroup;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a request names that an upstream may keep.
 *
 * @param path what its path says; null if nothing
 * @param ids all that it names, in its path and in its body, each once
 */
public record References(@Nullable ResourcePath path, List<String> ids) {
    /** The request has nothing to do with what is kept. */
    private static final References NONE = new References(null, List.of());

    /** More than any provider takes in one request. All are asked for, as each may be another client's. */
    private static final int MOST = 2000;

    private static final Set<String> HARMLESS = Set.of("GET", "HEAD");

    /**
     * Reads what a request names.
     *
     * @param body the request's body, collected
     */
    public static References of(Exchange exchange, UpstreamGroup group, RequestBody body) {
        ResourceHomes<ResourceHome> homes = group.resources();
        if (homes == null) {
            return NONE;
        }
        ResourcePath path = ResourcePath.of(exchange.upstreamPath(), exchange.askedOfUpstreams());
        if (path == null && !(homes.mayHoldFiles() && mayNameFiles(exchange.upstreamEndpoint()))) {
            return NONE;
        }
        List<String> named = named(exchange, body);
        if (path == null) {
            return named.isEmpty() ? NONE : new References(null, List.copyOf(new LinkedHashSet<>(named)));
        }
        Set<String> ids = new LinkedHashSet<>();
        if (path.id() != null) {
            ids.add(path.id());
        }
        if (path.googles() != null) {
            ids.add(path.googles());
        }
        ids.addAll(named);
        return new References(path, List.copyOf(ids));
    }

    private static boolean mayNameFiles(Endpoint endpoint) {
        return switch (endpoint.operation()) {
            case CHAT, COUNT -> true;
            case COMPLETION, EMBEDDING, EMBEDDINGS, OTHER -> false;
        };
    }

    private static List<String> named(Exchange exchange, RequestBody body) {
        List<ByteBuffer> pieces = isHarmless(exchange) ? null : body.legible();
        return pieces == null ? List.of() : ResourceReferences.of(pieces);
    }

    /** Whether the request changes nothing, wherever it is sent. */
    static boolean isHarmless(Exchange exchange) {
        return HARMLESS.contains(exchange.method());
    }

    boolean isNone() {
        return path == null && ids.isEmpty();
    }

    /** Whether other nodes cannot be asked for all that is named. */
    boolean isTooMuch(ResourceHomes<ResourceHome> homes) {
        return ids.size() > MOST && homes.isShared();
    }

    /**
     * Asks other nodes for what this one does not know.
     *
     * @return complete with false if something may be another client's, as there was no time to ask; null if there is nothing to wait for
     */
    public @Nullable CompletableFuture<Boolean> ask(UpstreamGroup group) {
        ResourceHomes<ResourceHome> homes = group.resources();
        if (ids.isEmpty() || homes == null || !homes.isShared() || isTooMuch(homes)) {
            return null;
        }
        String id = path == null ? null : path.id();
        String googles = path == null ? null : path.googles();
        if (id == null || googles == null || (homes.find(id) == null && homes.find(googles) == null)) {
            return homes.ask(ids);
        }
        // A path names one thing, though it may be called in two ways.
        return homes.ask(ids.subList(id.equals(googles) ? 1 : 2, ids.size()));
    }
}
