package io.llmproxy.jetty.client;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.HTTP2ClientConnectionFactory;
import org.eclipse.jetty.http2.client.transport.ClientConnectionFactoryOverHTTP2;
import org.eclipse.jetty.http2.client.transport.internal.HTTPSessionListenerPromise;
import org.eclipse.jetty.http2.client.transport.internal.HttpChannelOverHTTP2;
import org.eclipse.jetty.http2.client.transport.internal.HttpConnectionOverHTTP2;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.io.ClientConnectionFactory;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 towards upstreams. A connection remembers which streams its upstream's goodbye (GOAWAY) has left out. Jetty's own client
 * fails those streams with a reason that tells so, but on a thread of its own: if the connection closes meanwhile, the close is
 * all that a request learns.
 */
public final class Http2Upstreams extends ClientConnectionFactoryOverHTTP2 {
    /** Also the last stream of a goodbye that only announces another one (RFC 9113, section 6.8). */
    private static final int NO_GOODBYE = Integer.MAX_VALUE;

    private final HTTP2Client client;
    private final ClientConnectionFactory connections = new HTTP2ClientConnectionFactory();

    private Http2Upstreams(HTTP2Client client) {
        super(client);
        this.client = client;
    }

    /** As one of the protocols that an upstream chooses from. */
    static ClientConnectionFactory.Info negotiated(HTTP2Client client) {
        return new Negotiated(new Http2Upstreams(client));
    }

    /** Whether the upstream has said that it did not look at a request and will not, as it takes no more on the connection. */
    public static boolean hasLeftOut(Request request) {
        return request instanceof VerbatimRequest sent
                && sent.getConnection() instanceof Remembering connection
                && connection.leavesOut(sent.stream());
    }

    @Override
    public org.eclipse.jetty.io.Connection newConnection(EndPoint endPoint, Map<String, Object> context)
            throws IOException {
        SessionEvents events = new SessionEvents(context);
        context.put(HTTP2Client.CONTEXT_KEY, client);
        context.put(HTTP2Client.SESSION_LISTENER_CONTEXT_KEY, events);
        context.put(HTTP2Client.SESSION_PROMISE_CONTEXT_KEY, events);
        return connections.newConnection(endPoint, context);
    }

    private static final class Negotiated extends ClientConnectionFactory.Info {
        Negotiated(ClientConnectionFactory factory) {
            super(factory);
        }

        @Override
        public List<String> getProtocols(boolean secure) {
            return secure ? List.of("h2") : List.of();
        }
    }

    /** Its events come one after the other; the goodbye comes before those of the streams that it leaves out. */
    private static final class SessionEvents extends HTTPSessionListenerPromise {
        private volatile @Nullable Remembering connection;

        SessionEvents(Map<String, Object> context) {
            super(context);
        }

        @Override
        protected Connection newConnection(Destination destination, Session session, HTTP2Connection http2) {
            Remembering made = new Remembering(destination, session, http2);
            connection = made;
            return made;
        }

        @Override
        public void onGoAway(Session session, GoAwayFrame frame) {
            Remembering made = connection;
            if (made != null) {
                made.lastStream = frame.getLastStreamId();
            }
            super.onGoAway(session, frame);
        }
    }

    private static final class Remembering extends HttpConnectionOverHTTP2 {
        /** The last stream that the upstream looks at, as far as it has said. */
        private volatile int lastStream = NO_GOODBYE;

        Remembering(Destination destination, Session session, HTTP2Connection connection) {
            super(destination, session, connection);
        }

        /** Whether it leaves a stream out; 0 for a request that has none yet, and now will not get one. */
        private boolean leavesOut(int stream) {
            int last = lastStream;
            return last != NO_GOODBYE && (stream == 0 || stream > last);
        }

        @Override
        protected HttpChannelOverHTTP2 newHttpChannel() {
            return new HttpChannelOverHTTP2(this, getSession()) {
                @Override
                public void setStream(@Nullable Stream stream) {
                    super.setStream(stream);
                    HttpExchange exchange = getHttpExchange();
                    if (stream != null && exchange != null && exchange.getRequest() instanceof VerbatimRequest sent) {
                        sent.stream(stream.getId());
                    }
                }
            };
        }
    }
}
