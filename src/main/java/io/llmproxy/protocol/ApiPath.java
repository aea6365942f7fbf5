package io.llmproxy.protocol;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a request's path says: found once for each exchange, and asked from then on.
 *
 * @param endpoint what is asked for
 * @param dialect the API that is spoken, as far as the path alone tells it
 * @param family who serves it
 */
public record ApiPath(Endpoint endpoint, ApiDialect dialect, ApiFamily family) {
    private static final EndpointTable TABLE = new EndpointTable();

    private static final Set<String> GOOGLE_VERBS = Arrays.stream(Endpoint.values())
            .map(Endpoint::path)
            .filter(path -> path.contains(":"))
            .map(ApiPath::verb)
            .collect(Collectors.toUnmodifiableSet());

    /**
     * Reads a path.
     *
     * @param path the request's path, with or without the version or a base before it
     */
    public static ApiPath of(String path) {
        int known = baseLength(path);
        Endpoint endpoint = TABLE.find(path, known);
        ApiDialect dialect = dialect(path, known, endpoint);
        return new ApiPath(endpoint, dialect, family(path, endpoint, dialect));
    }

    /**
     * Tells the dialect by the path, and by the headers where several APIs share the path or none is known to have it.
     *
     * @param hasHeader whether the request has a header of that name, which is given in lower case
     */
    public ApiDialect dialect(Predicate<String> hasHeader) {
        boolean alone = endpoint.isKnown() && endpoint.family() != ApiFamily.SHARED;
        if (alone || dialect != ApiDialect.OPENAI) {
            return dialect;
        }
        if (hasHeader.test("anthropic-version")) {
            return ApiDialect.ANTHROPIC;
        }
        return hasHeader.test("x-goog-api-key") ? ApiDialect.GEMINI : ApiDialect.OPENAI;
    }

    /**
     * Returns what the request is for, also of servers that do not tell upper from lower case.
     *
     * @param path the path that was read
     */
    public Endpoint endpointInAnyCase(String path) {
        return endpoint.isKnown() ? endpoint : of(path.toLowerCase(Locale.ROOT)).endpoint();
    }

    /**
     * Returns the name of the model that is asked for by itself, as in {@code /v1/models/m}; it may have slashes in it. Null if
     * something else is asked for, or anything of Vertex AI's.
     *
     * @param path the path that was read
     */
    public @Nullable String modelAlone(String path) {
        String model = family.isAtVertex() ? null : ModelPath.model(path);
        boolean last =
                model != null && (endpointInAnyCase(path) == Endpoint.MODEL || path.endsWith("/models/" + model));
        return last ? model : null;
    }

    /**
     * Returns the length of what stands before the part that is known: up to and with the last segment that is a
     * version, such as {@code v1} or {@code v1beta}, or {@code openai}; 0 if there is none.
     */
    static int baseLength(String path) {
        int length = 0;
        int start = 1;
        for (int end = path.indexOf('/', start); end >= 0; end = path.indexOf('/', start)) {
            if (isVersion(path, start, end) || path.startsWith("/openai/", start - 1)) {
                length = end;
            }
            start = end + 1;
        }
        return length;
    }

    private static boolean isVersion(String path, int start, int end) {
        return end - start > 1 && path.charAt(start) == 'v' && Character.isDigit(path.charAt(start + 1));
    }

    /** What stands around and below the part that is known counts for more than the endpoint. */
    private static ApiDialect dialect(String path, int known, Endpoint endpoint) {
        if (isOrBelow(path, known, "/messages")
                || isOrBelow(path, known, "/complete")
                || path.contains("/publishers/anthropic/")) {
            return ApiDialect.ANTHROPIC;
        }
        boolean google = isGoogleVersion(path, known) || GOOGLE_VERBS.contains(verb(path));
        return google ? ApiDialect.GEMINI : endpoint.dialect();
    }

    private static ApiFamily family(String path, Endpoint endpoint, ApiDialect dialect) {
        ApiFamily usual = endpoint.family();
        boolean vertex = path.contains("/projects/") || path.contains("/publishers/");
        return switch (dialect) {
            case GEMINI -> vertex ? ApiFamily.VERTEX : ApiFamily.GEMINI;
            case ANTHROPIC -> {
                ApiFamily own = usual == ApiFamily.MESSAGES ? ApiFamily.MESSAGES : ApiFamily.ANTHROPIC;
                yield vertex ? ApiFamily.VERTEX_CLAUDE : own;
            }
            case OPENAI, RESPONSES ->
                usual.isOfOpenAi() && path.contains("/v1beta/openai/") ? ApiFamily.OPENAI_AT_GOOGLE : usual;
        };
    }

    private static boolean isOrBelow(String path, int from, String parent) {
        int end = from + parent.length();
        return path.startsWith(parent, from) && (path.length() == end || path.charAt(end) == '/');
    }

    private static boolean isGoogleVersion(String path, int known) {
        String base = path.substring(0, known);
        boolean preview = base.contains("/v1beta") || base.contains("/v1alpha");
        // Google serves OpenAI's API beside its own.
        return preview && !base.endsWith("/openai") && !path.contains("/endpoints/openapi/");
    }

    /** What follows the last colon. Not every colon is followed by a verb: OpenAI's fine-tuned models have some in their names. */
    private static String verb(String path) {
        return path.substring(path.lastIndexOf(':') + 1);
    }
}
