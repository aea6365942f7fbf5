package io.llmproxy.proxy.attempt;

import io.llmproxy.config.BalanceConfig.UnknownResources;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ResourcePath;
import io.llmproxy.protocol.ResourcePath.Trait;
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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request names that an upstream may keep.
 *
 * @param path what its path says; null if nothing
 * @param ids all that it names, in its path and in its body, each once
 * @param hidden whether its body may name more, and cannot be read
 */
public record References(@Nullable ResourcePath path, List<String> ids, boolean hidden) {
    /** The request has nothing to do with what is kept. */
    private static final References NONE = new References(null, List.of(), false);

    /** More than any provider takes in one request. All are asked for, as each may be another client's. */
    private static final int MOST = 2000;

    private static final Set<String> HARMLESS = Set.of("GET", "HEAD");

    private static final Pattern FORM = Pattern.compile("multipart/form-data\\b", Pattern.CASE_INSENSITIVE);

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
        boolean strict = group.unknownResources() == UnknownResources.REFUSE;
        boolean mayNameFiles = (strict || homes.mayHoldFiles()) && mayNameFiles(exchange.upstreamEndpoint());
        if (path == null && !mayNameFiles) {
            return NONE;
        }
        List<String> named = named(exchange, body);
        Set<String> ids = new LinkedHashSet<>();
        if (path != null && path.id() != null) {
            ids.add(path.id());
        }
        if (path != null && path.googles() != null) {
            ids.add(path.googles());
        }
        if (named != null) {
            ids.addAll(named);
        }
        boolean hidden = named == null && !isForm(exchange);
        return path == null && ids.isEmpty() && !hidden ? NONE : new References(path, List.copyOf(ids), hidden);
    }

    /** The parts of a form are a file's bytes, and what is said of it. */
    private static boolean isForm(Exchange exchange) {
        List<String> types = exchange.head().values("content-type");
        return types.size() == 1 && FORM.matcher(types.get(0)).lookingAt();
    }

    private static boolean mayNameFiles(Endpoint endpoint) {
        return switch (endpoint.operation()) {
            case CHAT, COUNT -> true;
            case COMPLETION, EMBEDDING, EMBEDDINGS, OTHER -> false;
        };
    }

    /** Returns null if that cannot be told. */
    private static @Nullable List<String> named(Exchange exchange, RequestBody body) {
        if (isHarmless(exchange)) {
            return List.of();
        }
        List<ByteBuffer> pieces = body.legible();
        return pieces == null ? null : ResourceReferences.of(pieces);
    }

    /** Whether the request changes nothing, wherever it is sent. */
    static boolean isHarmless(Exchange exchange) {
        return HARMLESS.contains(exchange.method());
    }

    /** Whether what the path names stays as it is: vector stores are searched with POST. */
    boolean isRead(Exchange exchange) {
        return isHarmless(exchange)
                || (path != null && path.is(Trait.SEARCH) && exchange.method().equals("POST"));
    }

    /** Whether it is known where that is which the path names, and whose. A path names one thing, though it may be called in two ways. */
    boolean isPathSettled(ResourceHomes<ResourceHome> homes) {
        String id = path == null ? null : path.id();
        String googles = path == null ? null : path.googles();
        return id == null || homes.isSettled(id) || (googles != null && homes.isSettled(googles));
    }

    /** Whether that is known of all that is named. */
    boolean isSettled(ResourceHomes<ResourceHome> homes) {
        if (hidden || !isPathSettled(homes)) {
            return false;
        }
        for (String id : ids) {
            boolean ofPath = path != null && (id.equals(path.id()) || id.equals(path.googles()));
            if (!ofPath && !homes.isSettled(id)) {
                return false;
            }
        }
        return true;
    }

    boolean isNone() {
        return path == null && ids.isEmpty() && !hidden;
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
        if (id == null || googles == null || !isPathSettled(homes)) {
            return homes.ask(ids);
        }
        return homes.ask(ids.subList(id.equals(googles) ? 1 : 2, ids.size()));
    }
}
