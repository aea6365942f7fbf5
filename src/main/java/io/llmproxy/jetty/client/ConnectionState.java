package io.llmproxy.jetty.client;

import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.client.transport.internal.HttpConnectionOverHTTP2;
import org.jspecify.annotations.Nullable;

/** What a connection to an upstream has carried and can still carry. Jetty tells it by its internal classes only. */
public final class ConnectionState {
    /** What a field counts for besides its name and value (RFC 9113, section 6.5.2). */
    private static final int FIELD_OVERHEAD = 32;

    /** What the four pseudo-headers count for, without the path. */
    private static final long PSEUDO_HEADERS = 4 * (FIELD_OVERHEAD + 16) + 255;

    private ConnectionState() {}

    /** Whether a connection speaks HTTP/2 and is still open: a stream that the upstream resets does not close it. */
    public static boolean isOpenHttp2(@Nullable Connection connection) {
        return connection instanceof HttpConnectionOverHTTP2 multiplexed && !multiplexed.isClosed();
    }

    /** Returns the bytes that came on a connection of HTTP/1.1; 0 for HTTP/2, whose streams share them. */
    public static long bytesIn(@Nullable Connection connection) {
        return connection instanceof org.eclipse.jetty.io.Connection single
                        && !(connection instanceof HttpConnectionOverHTTP2)
                ? single.getBytesIn()
                : 0;
    }

    /**
     * Whether a connection has served another request before. A stream of HTTP/2 counts from its beginning: it may be over for
     * the upstream and not yet for us.
     */
    public static boolean wasUsed(Connection connection) {
        if (connection instanceof HttpConnectionOverHTTP2 multiplexed) {
            return multiplexed.getSession() instanceof HTTP2Session session && session.getStreamsOpened() > 0;
        }
        return connection instanceof org.eclipse.jetty.io.Connection single && single.getMessagesIn() > 0;
    }

    /**
     * Whether the head of a request has more than its upstream of HTTP/2 takes. Jetty's client finds that when it writes, and
     * ends the connection with all other requests on it.
     */
    public static boolean isHeadTooLong(Request request) {
        if (!(request.getConnection() instanceof HttpConnectionOverHTTP2 connection
                && connection.getSession() instanceof HTTP2Session session)) {
            return false;
        }
        int limit = session.getGenerator().getHpackEncoder().getMaxHeaderListSize();
        long size = PSEUDO_HEADERS + request.getPath().length();
        for (HttpField field : request.getHeaders()) {
            String value = field.getValue();
            size += field.getName().length() + (value == null ? 0 : value.length()) + FIELD_OVERHEAD;
        }
        String query = request.getQuery();
        return limit > 0 && size + (query == null ? 0 : query.length()) > limit;
    }
}
