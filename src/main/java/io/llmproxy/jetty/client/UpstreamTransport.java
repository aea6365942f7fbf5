package io.llmproxy.jetty.client;

import io.llmproxy.jetty.loop.EventLoops;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.ConnectionPool;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.MultiplexConnectionPool;
import org.eclipse.jetty.client.transport.HttpClientTransportDynamic;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * How a client's connections are opened, pooled and spoken on.
 *
 * @param loops look after the connections
 * @param keepalive silence after which TCP probes a connection; zero for never
 * @param maxAge age from which a connection takes no further request; what it carries goes on. Zero for no limit
 * @param most how many connections there may be to one destination
 */
public record UpstreamTransport(EventLoops loops, Duration keepalive, Duration maxAge, int most) {
    /** Speaks HTTP/1.1 over TCP. */
    public HttpClientTransport plain() {
        return pooled(new Plain(connector()));
    }

    /** Speaks HTTP/1.1 over TCP, by way of a proxy that may itself be reached over TLS. */
    public HttpClientTransport plainBehindProxy() {
        ClientConnector connector = connector();
        connector.setSslContextFactory(new SslContextFactory.Client());
        return pooled(new Plain(connector));
    }

    /** Speaks over TLS what the upstream chooses by ALPN: HTTP/1.1 or HTTP/2. */
    public HttpClientTransport secure(SslContextFactory.Client tls) {
        ClientConnector connector = connector();
        connector.setSslContextFactory(tls);
        HTTP2Client http2 = new HTTP2Client(connector);
        return pooled(new HttpClientTransportDynamic(
                connector, Http1Upstreams.negotiated(), Http2Upstreams.negotiated(http2)));
    }

    private ClientConnector connector() {
        return new UpstreamConnector(loops, keepalive);
    }

    private HttpClientTransport pooled(HttpClientTransport transport) {
        transport.setConnectionPoolFactory(this::connections);
        // Nothing that is done with an answer blocks, so that it is done where it is read.
        transport.setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        return transport;
    }

    private ConnectionPool connections(Destination destination) {
        ToIntFunction<Connection> maxStreams = MultiplexConnectionPool.newMaxMultiplexer(1);
        AbstractConnectionPool pool =
                new AbstractConnectionPool(destination, () -> new FreeConnections(loops, most, maxStreams), 1) {};
        pool.setMaxDuration(maxAge.toMillis());
        return pool;
    }

    private static final class Plain extends HttpClientTransportOverHTTP {
        private final Http1Upstreams connections = new Http1Upstreams();

        Plain(ClientConnector connector) {
            super(connector);
        }

        @Override
        public org.eclipse.jetty.io.Connection newConnection(EndPoint endPoint, Map<String, Object> context) {
            return connections.newConnection(endPoint, context);
        }
    }
}
