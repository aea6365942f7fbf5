package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.BalanceConfig.UnknownResources;
import io.llmproxy.protocol.ApiDialect;
import io.llmproxy.protocol.ResourcePath;
import io.llmproxy.protocol.ResourcePath.Trait;
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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a request names that an upstream keeps, and where that sends it.
 *
 * @param keeper the only upstream that can serve it; null if any may
 * @param blind the keeper's keys that do not see what is named
 * @param absent statuses of an answer by which an upstream says that it does not have what is named, so that the next one is asked; none if
 *     it is not looked for
 * @param inOrder whether upstreams are asked in the order of the configuration
 * @param refusal why no upstream is asked; null if one is
 * @param lesson what the answer teaches; null if nothing
 */
record Resources(
        @Nullable Upstream keeper,
        Set<UpstreamKey> blind,
        Set<Integer> absent,
        boolean inOrder,
        @Nullable Refusal refusal,
        @Nullable ResourceLesson lesson) {
    /** The request has nothing to do with what is kept. */
    static final Resources NONE = new Resources(null, Set.of(), Set.of(), false, null, null);

    private static final Logger LOG = LoggerFactory.getLogger(Resources.class);

    private static final Set<Integer> NOT_THERE = Set.of(404);

    /** As Google says it. */
    private static final Set<Integer> NOT_THERE_OR_FORBIDDEN = Set.of(404, 403);

    /** As OpenAI's Responses say it of what a body names. */
    private static final Set<Integer> NOT_THERE_OR_INVALID = Set.of(404, 400);

    private static final String STRANGE =
            "This gateway does not know which client the resource belongs to. It can be read, but not changed or deleted, with this API key.";
    private static final String UNKNOWN =
            "This gateway does not know a resource that the request names: it was not made through this gateway, or is forgotten. Make it again.";
    private static final String HIDDEN =
            "This gateway cannot read whether the body names resources: it is compressed, too large (replay_buffer) or not valid JSON.";

    /** Whether what it names is looked for at one upstream after the other. */
    boolean isSought() {
        return !absent.isEmpty();
    }

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
            Refusal refusal = refusal(references);
            if (refusal != null) {
                return refused(refusal);
            }
            boolean strange = !references.hidden() && !references.isSettled(homes);
            if (strange && isSearched() && client() != null && homes.isFirstStrange()) {
                LOG.info(
                        "Group {}: a client with a key names a resource that this gateway has not seen being made, so that another client may have made it. To refuse such requests, set `balance.unknown_resources: refuse`. This is said once.",
                        group.name());
            }
            if (known.isEmpty()) {
                boolean harmless = References.isHarmless(exchange);
                // A handshake is a GET as well, and asks for no list.
                boolean inOrder = harmless ? id != null || exchange.webSocket() == null : id != null && isSearched();
                return new Resources(
                        null, Set.of(), absent(references, id != null, harmless), inOrder, null, lesson(references));
            }
            return kept(references, known);
        }

        private boolean isSearched() {
            return group.unknownResources() == UnknownResources.SEARCH;
        }

        /** An upstream that answers so has done nothing. */
        private Set<Integer> absent(References references, boolean inPath, boolean harmless) {
            if (references.ids().isEmpty() || !(harmless || isSearched())) {
                return Set.of();
            }
            if (inPath || exchange.askedOfUpstreams().dialect() == ApiDialect.GEMINI) {
                return NOT_THERE_OR_FORBIDDEN;
            }
            return path == null ? NOT_THERE : NOT_THERE_OR_INVALID;
        }

        /** Why the request may do harm where it is not known what, or whose, it is that it names; null if it may not. */
        private @Nullable Refusal refusal(References references) {
            boolean strict = group.unknownResources() == UnknownResources.REFUSE;
            if (strict && references.hidden()) {
                return Refusal.of(ProxyError.INVALID_REQUEST, HIDDEN);
            }
            if (strict && !references.isSettled(homes)) {
                return unknown(UNKNOWN);
            }
            boolean guarded = isSearched() && client() != null && !isUnheard();
            return guarded && !references.isRead(exchange) && !references.isPathSettled(homes)
                    ? unknown(STRANGE)
                    : null;
        }

        /** Google's clients ask for files under {@code /v1}, too, where the path does not tell whose they are. */
        private boolean isUnheard() {
            if (path == null || path.is(Trait.UNHEARD)) {
                return true;
            }
            String googles = path.googles();
            return googles != null
                    && googles.startsWith("files/")
                    && group.upstreams()
                            .allMatch(upstream -> upstream.config().provider().isGoogle());
        }

        /** Clients take 404 for an end: it is not said while other nodes may know more and cannot be asked. */
        private Refusal unknown(String message) {
            return homes.isCutOff()
                    ? new Refusal(ProxyError.RESOURCES_UNKNOWN, Refusal.SOON.toNanos(), false)
                    : Refusal.of(ProxyError.RESOURCE_NOT_FOUND, message);
        }

        private Resources kept(References references, List<Kept<ResourceHome>> known) {
            ResourceHome home = known.get(0).home();
            for (Kept<ResourceHome> other : known) {
                if (!other.home().equals(home)) {
                    return refused(Refusal.of(ProxyError.RESOURCES_APART));
                }
            }
            Upstream keeper = group.member(home.upstream());
            Set<UpstreamKey> blind = keeper == null ? Set.of() : keeper.keysWithout(home.credential());
            return new Resources(keeper, blind, Set.of(), false, null, lesson(references));
        }

        private Resources refused(Refusal refusal) {
            return new Resources(null, Set.of(), Set.of(), false, refusal, null);
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

        private @Nullable ResourceLesson lesson(References references) {
            String id = path == null ? null : path.id();
            boolean makes = exchange.method().equals("POST");
            if (path == null || (id == null && !makes)) {
                return null;
            }
            // What is derived from a resource belongs to the same client.
            Kept<ResourceHome> kept = id == null ? null : homes.find(id);
            String owner = id == null ? client() : kept == null ? null : kept.owner();
            // To clients without keys all is open that has no owner, as it was when it was made.
            boolean orphaned = id != null && client() != null && (kept == null || kept.found());
            String learned = ResourcePath.TOO_LONG.equals(id) ? null : id;
            return new ResourceLesson(homes, path, learned, owner, orphaned, named(references));
        }

        /** An identifier that the request names was there before, also if the answer repeats it. */
        private Predicate<String> named(References references) {
            String asked = exchange.upstreamPath();
            List<String> ids = references.ids();
            return made -> ids.contains(made) || asked.contains(made);
        }

        /** Says which client asks; null if it has no name. */
        private @Nullable String client() {
            ClientKey key = exchange.clientKey();
            return key == null ? null : key.mark();
        }
    }
}
