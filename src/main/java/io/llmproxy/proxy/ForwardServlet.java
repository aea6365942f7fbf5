package io.llmproxy.proxy;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;

/** Forwards the requests of one forward: finds the group that serves the path, and leaves the container's thread. */
public final class ForwardServlet extends AsyncProxyServlet {
    private static final long serialVersionUID = 1L;

    private final transient Forward forward;
    private final transient Deadlines deadlines;

    /**
     * @param forward the forward
     * @param deadlines what sees to it that no exchange takes for ever
     */
    public ForwardServlet(Forward forward, Deadlines deadlines) {
        this.forward = forward;
        this.deadlines = deadlines;
    }

    /** The clients belong to {@code UpstreamHttp}; which one is used depends on the upstream that is chosen. */
    @Override
    protected HttpClient createHttpClient() {
        return forward.defaultGroup().client();
    }

    /** The client is not ours to stop. */
    @Override
    public void destroy() {}

    @Override
    protected void service(HttpServletRequest clientRequest, HttpServletResponse clientResponse) throws IOException {
        Exchange exchange = Objects.requireNonNull(Exchange.of(clientRequest), "the filter makes the exchange");
        exchange.routed(forward.route(exchange.path()));
        if (clientRequest.getContentLengthLong() > forward.config().maxBody()) {
            ErrorAnswer.send(exchange, ProxyError.BODY_TOO_LARGE);
            return;
        }
        AsyncContext async = clientRequest.startAsync();
        async.setTimeout(0);
        new Forwarder(exchange, async, deadlines).start(async);
    }
}
