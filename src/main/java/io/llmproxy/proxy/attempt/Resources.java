package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.protocol.ResourcePath;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.resource.ResourceHomes.Kept;
import io.llmproxy.upstream.ResourceHome;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.UpstreamKey;
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

    /** Finds out where what a request names sends it. */
    static Resources of(Exchange exchange, UpstreamGroup group, References references) {
        ResourceHomes<ResourceHome> homes = group.resources();
        if (homes == null || references.isNone()) {
            return NONE;
        }
        return new Question(exchange, group, homes, references.path()).answer(references);
    }

    /** Where a request goes by what it names. */
    private record Question(
            Exchange exchange,
            UpstreamGroup group,
            ResourceHomes<ResourceHome> homes,
            @Nullable ResourcePath path) {

        Resources answer(References references) {
            if (references.isTooMuch(homes)) {
                return refused(Refusal.of(ProxyError.INVALID_REQUEST, "The request refers to too many resources."));
            }
            String id = path == null ? null : path.id();
            List<Kept<ResourceHome>> known = new ArrayList<>(1);
            boolean open = true;
            for (String named : references.ids()) {
                open &= add(named, known);
            }
            if (!open) {
                return refused(Refusal.of(ProxyError.RESOURCE_NOT_FOUND));
            }
            if (known.isEmpty()) {
                boolean harmless = References.isHarmless(exchange);
                // A handshake is a GET as well, and asks for no list.
                boolean list = id == null && harmless && exchange.webSocket() == null;
                return new Resources(
                        null,
                        Set.of(),
                        id != null && harmless,
                        list,
                        null,
                        lesson(id, id == null ? null : homes.find(id)));
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

        /** Adds where it is kept, if that is known and one of the group's upstreams. Returns whether the client may use it. */
        private boolean add(String id, List<Kept<ResourceHome>> known) {
            Kept<ResourceHome> kept = homes.find(id);
            if (kept == null) {
                return true;
            }
            if (group.member(kept.home().upstream()) != null) {
                known.add(kept);
            }
            return kept.isOpenTo(client());
        }

        private @Nullable ResourceLesson lesson(@Nullable String id, @Nullable Kept<ResourceHome> kept) {
            boolean makes = exchange.method().equals("POST");
            if (path == null || (id == null && !makes)) {
                return null;
            }
            // What is derived from a resource belongs to the same client; if that is not known, to no client.
            String owner = id == null ? client() : kept == null ? null : kept.owner();
            return new ResourceLesson(homes, id, owner, path.file());
        }

        /** Says which client asks; null if it has no name. */
        private @Nullable String client() {
            ClientKey key = exchange.clientKey();
            return key == null ? null : key.mark();
        }
    }
}
