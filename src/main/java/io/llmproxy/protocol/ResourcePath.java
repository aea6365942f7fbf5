package io.llmproxy.protocol;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request's path says of things that an upstream keeps.
 *
 * @param id identifies the one that is asked for; null if it is the whole collection
 * @param googles what Google would call it, where the path does not tell whose it is; null if it does
 * @param traits what else is to be known of it
 */
public record ResourcePath(@Nullable String id, @Nullable String googles, Set<Trait> traits) {
    /** What holds for some collections or paths only. */
    public enum Trait {
        /** Any request may name what the collection has, and not only some. */
        FILE,
        /** Google names what is kept by its {@code name}. */
        GOOGLES,
        /** What is made there is not told to the gateway, so that it never knows which client made it. */
        UNHEARD,
        /** To {@code POST} there searches what is kept, and leaves it as it is. */
        SEARCH
    }

    /** What is taken for an identifier that is too long to be remembered. */
    public static final String TOO_LONG = "\u2026";

    private static final ResourcePath GOOGLE_BATCH = new ResourcePath(null, null, Set.of(Trait.GOOGLES));

    /** Each collection, and whether its things are files. */
    private static final Map<String, Boolean> COLLECTIONS = Map.ofEntries(
            Map.entry("responses", false),
            Map.entry("conversations", false),
            Map.entry("chat/completions", false),
            Map.entry("files", true),
            Map.entry("uploads", true),
            Map.entry("batches", false),
            Map.entry("vector_stores", true),
            Map.entry("fine_tuning/jobs", false),
            Map.entry("messages/batches", false),
            Map.entry("cachedContents", true),
            Map.entry("containers", true),
            Map.entry("evals", false),
            Map.entry("videos", false),
            Map.entry("operations", false));

    /** Many servers take them for one. */
    private static final Pattern SLASHES = Pattern.compile("//+");

    /** They stand where identifiers do. */
    private static final Set<String> VERBS = Set.of("input_tokens", "compact");

    private static final String FILES = "files";
    private static final String RESPONSES = "responses";

    /** They alone are searched. */
    private static final String STORES = "vector_stores";

    /** Google alone has them. */
    private static final String CACHES = "cachedContents";

    /** They make texts, which most clients do not have kept; those that do may ask for them. */
    private static final String CHATS = "chat/completions";

    /**
     * Reads a path.
     *
     * @param path the request's path, without escapes
     * @param asked what was read of it before
     * @return null if it has nothing to do with anything that is kept
     */
    public static @Nullable ResourcePath of(String path, ApiPath asked) {
        Endpoint endpoint = asked.endpoint();
        if (endpoint == Endpoint.GEMINI_BATCH || endpoint == Endpoint.GOOGLE_BATCH) {
            return GOOGLE_BATCH;
        }
        return of(SLASHES.matcher(path).replaceAll("/"), asked.dialect() == ApiDialect.GEMINI);
    }

    private static @Nullable ResourcePath of(String path, boolean google) {
        int start = start(path);
        String collection = collection(path, start);
        Boolean file = collection == null ? null : COLLECTIONS.get(collection);
        return collection == null || file == null
                ? null
                : of(path, start, collection, google || collection.equals(CACHES), file);
    }

    private static @Nullable ResourcePath of(String path, int start, String collection, boolean google, boolean file) {
        Set<Trait> traits = EnumSet.noneOf(Trait.class);
        if (file) {
            traits.add(Trait.FILE);
        }
        if (google) {
            traits.add(Trait.GOOGLES);
        }
        if (collection.equals(CHATS) || (google && collection.equals(FILES))) {
            traits.add(Trait.UNHEARD);
        }
        int from = start + collection.length() + 1;
        if (from >= path.length()) {
            return collection.equals(CHATS) ? null : new ResourcePath(null, null, traits);
        }
        int slash = path.indexOf('/', from);
        String segment = path.substring(from, slash < 0 ? path.length() : slash);
        if (VERBS.contains(segment)) {
            return collection.equals(RESPONSES) ? new ResourcePath(null, null, traits) : null;
        }
        if (collection.equals(STORES) && slash > 0 && path.substring(slash).equals("/search")) {
            traits.add(Trait.SEARCH);
        }
        int verb = segment.indexOf(':');
        String name = collection + "/" + (verb < 0 ? segment : segment.substring(0, verb));
        String googles = ResourceId.of(name);
        if (google) {
            String id = ResourceId.isTooLong(name) ? TOO_LONG : googles;
            return id == null ? null : new ResourcePath(id, null, traits);
        }
        String id = ResourceId.isTooLong(segment) ? TOO_LONG : ResourceId.of(segment);
        return id == null ? null : new ResourcePath(id, googles, traits);
    }

    /** Whether something holds for it. */
    public boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** Google's names may have a project and a place before them. */
    private static int start(String path) {
        int locations = path.indexOf("/locations/");
        int place = locations < 0 ? -1 : path.indexOf('/', locations + "/locations/".length());
        return place < 0 ? ApiPath.baseLength(path) + 1 : place + 1;
    }

    /** The first segment, or the first two, if they are a collection. */
    private static @Nullable String collection(String path, int start) {
        if (start >= path.length()) {
            return null;
        }
        int end = segmentEnd(path, start);
        String one = path.substring(start, end);
        if (COLLECTIONS.containsKey(one)) {
            return one;
        }
        String two = end == path.length() ? one : path.substring(start, segmentEnd(path, end + 1));
        return COLLECTIONS.containsKey(two) ? two : null;
    }

    private static int segmentEnd(String path, int start) {
        int slash = path.indexOf('/', start);
        return slash < 0 ? path.length() : slash;
    }
}
