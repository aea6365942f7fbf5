package io.llmproxy.upstream;

import io.llmproxy.config.UpstreamConfig.UrlMode;
import io.llmproxy.config.UrlHost;
import io.llmproxy.jetty.client.VerbatimRequest;
import java.net.URI;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's URL and how a request's path and query are joined to it. Scheme, host and port are always those of the
 * URL: nothing that a client sends can change them.
 */
final class BaseUrl {
    /** Takes the place of a name with an underscore while Jetty makes a request, and is never looked up. */
    static final String STAND_IN = "name.invalid";

    private final URI origin;
    /** The name of the host, where {@link URI} does not know it as one; else null. */
    private final @Nullable String rareName;

    /** What a request is made of, and the host then set. */
    private final URI template;

    private final String path;
    private final @Nullable String query;
    private final UrlMode mode;

    BaseUrl(URI url, UrlMode mode) {
        this.origin = URI.create(url.getScheme() + "://" + url.getRawAuthority());
        this.rareName = origin.getHost() == null ? UrlHost.of(url).orElseThrow().name() : null;
        this.template = rareName == null ? origin : legal(url);
        this.path = url.getRawPath() == null ? "" : url.getRawPath();
        this.query = url.getRawQuery();
        this.mode = mode;
    }

    /** Scheme, host and port. */
    URI origin() {
        return origin;
    }

    private static URI legal(URI url) {
        int port = UrlHost.of(url).orElseThrow().port();
        return URI.create(url.getScheme() + "://" + STAND_IN + (port == -1 ? "" : ":" + port));
    }

    /** Returns a new request to the host; it has no path yet. */
    Request request(HttpClient client) {
        Request request = client.newRequest(template);
        return rareName == null ? request : request.host(rareName);
    }

    /** Returns a new request to the host, whose target goes out as it is. */
    Request request(HttpClient client, String target) {
        Request request = new VerbatimRequest(client, template, origin, target);
        return rareName == null ? request : request.host(rareName);
    }

    /**
     * Returns the target of the upstream request: the path of the URL, what the request's path adds to it, and both
     * queries. The longest run of segments that ends the one path and begins the other stands only once, so that
     * {@code /v1} and {@code /v1/models} make {@code /v1/models}.
     */
    String target(String requestPath, @Nullable String requestQuery) {
        if (mode == UrlMode.EXACT) {
            return withQuery(path.isEmpty() ? "/" : path, query);
        }
        String base = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        String joined = base + requestPath.substring(overlap(base, requestPath));
        return withQuery(joined.isEmpty() ? "/" : joined, join(query, requestQuery));
    }

    /** Length of the longest run of whole segments that ends {@code base} and begins {@code requestPath}. */
    private static int overlap(String base, String requestPath) {
        for (int from = 0; from >= 0 && from < base.length(); from = base.indexOf('/', from + 1)) {
            int length = base.length() - from;
            boolean segmentEnds = requestPath.length() == length
                    || (requestPath.length() > length && requestPath.charAt(length) == '/');
            if (segmentEnds && requestPath.startsWith(base.substring(from))) {
                return length;
            }
        }
        return 0;
    }

    private static String withQuery(String path, @Nullable String query) {
        return query == null ? path : path + "?" + query;
    }

    private static @Nullable String join(@Nullable String first, @Nullable String second) {
        if (first == null || second == null) {
            return first == null ? second : first;
        }
        return first + "&" + second;
    }
}
