package io.llmproxy.jetty.server;

import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.jspecify.annotations.Nullable;

/**
 * What a connection begins with: TLS, or HTTP at once. It can be changed at any time, which Jetty's own list of protocols
 * cannot, and then holds for connections that come later.
 */
public final class ListenerProtocols extends AbstractConnectionFactory {
    /** Name of the protocol that finds out by ALPN which one follows TLS. */
    public static final String NEGOTIATION = "alpn";

    private static final String HTTP1 = "http/1.1";

    private final HttpConnectionFactory plain;
    private volatile @Nullable ListenerTls tls;

    private ListenerProtocols(HttpConnectionFactory plain) {
        super("tls or http");
        this.plain = plain;
    }

    /** Returns all protocols of a listener, the one that connections begin with in front. */
    public static ConnectionFactory[] of(HttpConfiguration http) {
        // The gateway may be called by any name; what its certificate is good for is for the client to judge.
        http.addCustomizer(new SecureRequestCustomizer(false));
        HttpConnectionFactory plain = Http1Protocol.of(http);
        ALPNServerConnectionFactory negotiation = new ALPNServerConnectionFactory(Http2Protocol.SECURE, HTTP1);
        negotiation.setDefaultProtocol(HTTP1);
        return new ConnectionFactory[] {
            new ListenerProtocols(plain),
            plain,
            new Http2Protocol(http, Http2Protocol.PLAIN),
            negotiation,
            new Http2Protocol(http, Http2Protocol.SECURE)
        };
    }

    /** What new connections begin with; null for HTTP at once. */
    public @Nullable ListenerTls tls() {
        return tls;
    }

    /** Sets what new connections begin with; null for HTTP at once. */
    public void begin(@Nullable ListenerTls next) {
        tls = next;
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        ListenerTls current = tls;
        return (current == null ? plain : current.protocol()).newConnection(connector, endPoint);
    }
}
