package io.llmproxy.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** An HTTPS server that prefers HTTP/2 and echoes. */
public final class H2Upstream {
    private final ServerConnector connector;
    private final List<String> requests = new CopyOnWriteArrayList<>();

    private H2Upstream(SSLContext context) throws Exception {
        Server server = new Server();
        HttpConfiguration configuration = new HttpConfiguration();
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(context);
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol("http/1.1");
        connector = new ServerConnector(
                server,
                new SslConnectionFactory(tls, alpn.getProtocol()),
                alpn,
                new HTTP2ServerConnectionFactory(configuration),
                new HttpConnectionFactory(configuration));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract.NonBlocking() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                requests.add(request.getConnectionMetaData().getProtocol() + " " + request.getMethod() + " "
                        + request.getHttpURI().getPathQuery());
                Content.copy(request, response, callback);
                return true;
            }
        });
        server.start();
    }

    /** Starts it on a free port; it runs until the JVM ends. */
    public static H2Upstream start(SSLContext context) {
        try {
            return new H2Upstream(context);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Its base URL. */
    public String url() {
        return "https://127.0.0.1:" + connector.getLocalPort();
    }

    /** The requests so far, such as {@code HTTP/2.0 POST /v1/x}. */
    public List<String> requests() {
        return List.copyOf(requests);
    }
}
