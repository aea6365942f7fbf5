package io.llmproxy.protocol;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The known paths of the APIs, as a bounded set of names fit for a metric's label. */
public final class ApiPath {
    /** The name of every path that is not known. */
    public static final String OTHER = "other";

    /** Of two that differ in their version only, the first also stands for the path without one. */
    private static final String[] NAMES = {
        "/v1/chat/completions",
        "/v1/chat/completions/{id}",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/responses",
        "/v1/responses/input_tokens",
        "/v1/responses/{id}",
        "/v1/responses/{id}/cancel",
        "/v1/responses/{id}/input_items",
        "/v1/models",
        "/v1beta/models",
        "/v1beta/models/{model}:generateContent",
        "/v1beta/models/{model}:streamGenerateContent",
        "/v1beta/models/{model}:countTokens",
        "/v1beta/models/{model}:embedContent",
        "/v1beta/models/{model}:batchEmbedContents",
        "/v1beta/models/{model}:batchGenerateContent",
        "/v1beta/models/{model}:predict",
        "/v1/models/{id}",
        "/v1/images/generations",
        "/v1/images/edits",
        "/v1/images/variations",
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/moderations",
        "/v1/realtime",
        "/v1/rerank",
        "/v1/files",
        "/v1/files/{id}",
        "/v1/files/{id}/content",
        "/v1/batches",
        "/v1/batches/{id}",
        "/v1/batches/{id}/cancel",
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/messages/batches",
        "/v1/messages/batches/{id}",
        "/v1/messages/batches/{id}/cancel",
        "/v1/messages/batches/{id}/results",
        "/v1/complete",
        "/openai/deployments/{deployment}/chat/completions",
        "/openai/deployments/{deployment}/completions",
        "/openai/deployments/{deployment}/embeddings",
        "/health",
        "/health/live",
        "/health/ready",
        "/health/started",
    };

    private static final Set<String> REPEATABLE = Set.of(
            "/v1/embeddings",
            "/v1/moderations",
            "/v1/rerank",
            "/v1/responses/input_tokens",
            "/v1/messages/count_tokens",
            "/openai/deployments/{deployment}/embeddings",
            "/v1beta/models/{model}:countTokens",
            "/v1beta/models/{model}:embedContent",
            "/v1beta/models/{model}:batchEmbedContents");

    private static final Map<String, String> EXACT = exact();
    private static final List<Template> TEMPLATES =
            Stream.of(NAMES).filter(ApiPath::varies).map(Template::of).toList();

    private ApiPath() {}

    /**
     * Returns the name of a path, such as {@code /v1/responses/{id}}, or {@link #OTHER}.
     *
     * @param path the request's path, with or without the version or a base before it
     */
    public static String of(String path) {
        String name = EXACT.get(path);
        return name != null ? name : ofKnown(withoutBase(path));
    }

    /**
     * Returns whether a request for a path may be repeated whatever its method: it makes nothing, costs next to nothing,
     * and gives the same answer again.
     *
     * @param path the request's path, with or without the version or a base before it
     */
    public static boolean isRepeatable(String path) {
        return REPEATABLE.contains(of(path));
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

    private static Map<String, String> exact() {
        Map<String, String> exact = new HashMap<>();
        Stream.of(NAMES).filter(name -> !varies(name)).forEach(name -> {
            exact.put(name, name);
            exact.putIfAbsent(withoutBase(name), name);
        });
        return Map.copyOf(exact);
    }

    private static boolean varies(String name) {
        return name.indexOf('{') >= 0;
    }

    private static String withoutBase(String path) {
        return path.substring(baseLength(path));
    }

    private static String ofKnown(String known) {
        String name = EXACT.get(known);
        if (name != null) {
            return name;
        }
        for (Template template : TEMPLATES) {
            if (template.matches(known)) {
                return template.name;
            }
        }
        return OTHER;
    }

    private static boolean isVersion(String path, int start, int end) {
        return end - start > 1 && path.charAt(start) == 'v' && Character.isDigit(path.charAt(start + 1));
    }

    /** A path whose one segment, or the beginning of one, varies. */
    private record Template(String prefix, String suffix, String name) {
        static Template of(String name) {
            String known = withoutBase(name);
            return new Template(known.substring(0, known.indexOf('{')), known.substring(known.indexOf('}') + 1), name);
        }

        boolean matches(String path) {
            int end = path.length() - suffix.length();
            return end > prefix.length()
                    && path.startsWith(prefix)
                    && path.endsWith(suffix)
                    && path.lastIndexOf('/', end - 1) < prefix.length();
        }
    }
}
