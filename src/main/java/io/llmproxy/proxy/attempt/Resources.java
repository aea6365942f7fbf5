package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ResourcePath;
import io.llmproxy.protocol.ResourceReferences;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.resource.ResourceHomes.Kept;
import io.llmproxy.upstream.ResourceHome;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.UpstreamKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request names that an upstream keeps, and where that sends it.
 *
 * @param keeper the only upstream that can serve it; null if any may
 * @param blind the keeper's keys that do not see what is named
 * @param sought whether it is to be asked for at one upstream after the other until one has it
 * @param list whether all that an upstream keeps is asked for: always the same one answers, as pages have to go together
 * @param refusal why no upstream is asked; null if one is
 * @param lesson what the answer teaches; null if nothing
 */
record Resources(
        @Nullable Upstream keeper,
        Set<UpstreamKey> blind,
        boolean sought,
        boolean list,
        @Nullable Refusal refusal,
        @Nullable ResourceLesson lesson) {
    /** The request has nothing to do with what is kept. */
    static final Resources NONE = new Resources(null, Set.of(), false, false, null, null);

    private static final Set<String> HARMLESS = Set.of("GET", "HEAD");

    /**
     * Finds out what a request names.
     *
     * @param body the request's body, collected
     */
    static Resources of(Exchange exchange, UpstreamGroup group, RequestBody body) {
        ResourceHomes<ResourceHome> homes = group.resources();
        if (homes == null) {
            return NONE;
        }
        ResourcePath path = ResourcePath.of(exchange.upstreamPath(), exchange.askedOfUpstreams());
        if (path == null && !(homes.holdsFiles() && mayNameFiles(exchange.upstreamEndpoint()))) {
            return NONE;
        }
        return new Question(exchange, group, homes, path).answer(body);
    }

    private static boolean mayNameFiles(Endpoint endpoint) {
        return switch (endpoint.operation()) {
            case CHAT, COUNT -> true;
            case COMPLETION, EMBEDDING, EMBEDDINGS, OTHER -> false;
        };
    }

    /** Where a request goes by what it names. */
    private record Question(
            Exchange exchange,
            UpstreamGroup group,
            ResourceHomes<ResourceHome> homes,
            @Nullable ResourcePath path) {

        Resources answer(RequestBody body) {
            String id = path == null ? null : path.id();
            List<Kept<ResourceHome>> known = new ArrayList<>(1);
            boolean open = add(id, known);
            open &= add(path == null ? null : path.googles(), known);
            for (String named : named(body)) {
                open &= add(named, known);
            }
            if (!open) {
                return refused(Refusal.of(ProxyError.RESOURCE_NOT_FOUND));
            }
            if (known.isEmpty()) {
                boolean harmless = HARMLESS.contains(exchange.method());
                // A handshake is a GET as well, and asks for no list.
                boolean list = id == null && harmless && exchange.webSocket() == null;
                return new Resources(null, Set.of(), id != null && harmless, list, null, lesson(id, null));
            }
            return kept(id, known);
        }

        private Resources kept(@Nullable String id, List<Kept<ResourceHome>> known) {
            Kept<ResourceHome> first = known.get(0);
            ResourceHome home = first.home();
            for (Kept<ResourceHome> other : known) {
                if (!other.home().equals(home)) {
                    return refused(Refusal.of(ProxyError.RESOURCES_APART));
                }
            }
            Upstream keeper = group.member(home.upstream());
            Set<UpstreamKey> blind = keeper == null ? Set.of() : keeper.keysWithout(home.credential());
            return new Resources(keeper, blind, false, false, null, lesson(id, first));
        }

        private Resources refused(Refusal refusal) {
            return new Resources(null, Set.of(), false, false, refusal, null);
        }

        private List<String> named(RequestBody body) {
            List<ByteBuffer> pieces = HARMLESS.contains(exchange.method()) ? null : body.legible();
            return pieces == null ? List.of() : ResourceReferences.of(pieces);
        }

        /** Adds where it is kept, if that is known and one of the group's upstreams. Returns whether the client may use it. */
        private boolean add(@Nullable String id, List<Kept<ResourceHome>> known) {
            Kept<ResourceHome> kept = id == null ? null : homes.find(id);
            if (kept == null || group.member(kept.home().upstream()) == null) {
                return true;
            }
            known.add(kept);
            return kept.isOpenTo(exchange.clientKey());
        }

        private @Nullable ResourceLesson lesson(@Nullable String id, @Nullable Kept<ResourceHome> kept) {
            boolean makes = exchange.method().equals("POST");
            if (path == null || (id == null && !makes)) {
                return null;
            }
            ClientKey client = exchange.clientKey();
            // What is derived from a resource belongs to the same client; if that is not known, to no client.
            Object owner = id == null ? client : kept == null ? null : kept.owner();
            return new ResourceLesson(homes, id, owner, path.file());
        }
    }
}
