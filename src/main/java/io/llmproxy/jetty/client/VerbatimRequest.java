package io.llmproxy.jetty.client;

import java.net.URI;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * A request whose target goes out as it is given. Jetty's own takes each target apart, parameter by parameter, takes a query
 * that is no URI for part of the path, and fails when it then resolves the dots and escapes in it.
 */
public final class VerbatimRequest extends HttpRequest {
    private final URI template;
    private final URI origin;
    private final String path;
    private final @Nullable String query;
    private boolean absolute;
    private volatile int stream;

    /**
     * @param template scheme, host and port, as Jetty can take them
     * @param origin scheme, host and port, as a proxy is told them
     * @param target path and query
     */
    public VerbatimRequest(HttpClient client, URI template, URI origin, String target) {
        super(client, new HttpConversation(), template);
        int mark = target.indexOf('?');
        this.template = template;
        this.origin = origin;
        this.path = mark < 0 ? target : target.substring(0, mark);
        this.query = mark < 0 ? null : target.substring(mark + 1);
    }

    /** The stream of HTTP/2 that it was written to; 0 before that, and for HTTP/1.1. */
    int stream() {
        return stream;
    }

    void stream(int id) {
        stream = id;
    }

    /** A proxy is told the whole of it: that is the one change that Jetty makes, and it makes it with {@link #getURI}. */
    @Override
    public Request path(String changed) {
        absolute = !changed.startsWith("/");
        return this;
    }

    @Override
    public String getPath() {
        return absolute ? origin + path : path;
    }

    @Override
    public @Nullable String getQuery() {
        return query;
    }

    /** Where it goes; what else a target holds need not be a URI. */
    @Override
    public URI getURI() {
        return template;
    }
}
