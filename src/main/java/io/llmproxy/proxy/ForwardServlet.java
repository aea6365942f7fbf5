package io.llmproxy.proxy;

import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Forwards the requests of one forward: finds the group that serves the request, and leaves the container's thread. */
public final class ForwardServlet extends AsyncProxyServlet {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(ForwardServlet.class);

    private final transient Forward forward;
    private final transient OpenExchanges open;
    private final transient BufferBudget budget;
    private final transient Executor workers;

    private ForwardServlet(Forward forward, OpenExchanges open, BufferBudget budget, Executor workers) {
        this.forward = forward;
        this.open = open;
        this.budget = budget;
        this.workers = workers;
    }

    /**
     * A container takes servlets only while the application starts; forwards come later, too.
     *
     * @param name the name of the forward
     * @param context the web application
     */
    private record Config(String name, ServletContext context) implements ServletConfig {
        @Override
        public String getServletName() {
            return name;
        }

        @Override
        public ServletContext getServletContext() {
            return context;
        }

        @Override
        public @Nullable String getInitParameter(String parameter) {
            return null;
        }

        @Override
        public Enumeration<String> getInitParameterNames() {
            return Collections.emptyEnumeration();
        }
    }

    /**
     * Returns a servlet that is ready to serve.
     *
     * @param forward the forward
     * @param open where its exchanges are kept while they are open
     * @param budget bounds what is kept of their bodies
     * @param workers do what would keep a thread that serves others busy for long
     * @param context the web application
     */
    public static ForwardServlet of(
            Forward forward, OpenExchanges open, BufferBudget budget, Executor workers, ServletContext context) {
        ForwardServlet servlet = new ForwardServlet(forward, open, budget, workers);
        try {
            servlet.init(new Config(forward.name(), context));
        } catch (ServletException e) {
            throw new IllegalStateException("forward " + forward.name() + " cannot be served", e);
        }
        return servlet;
    }

    /** The forward whose requests it serves. */
    Forward forward() {
        return forward;
    }

    /** Leaves no client behind in the application's attributes: there it would outlive the forward. */
    @Override
    public void init() throws ServletException {
        super.init();
        getServletContext().removeAttribute(getServletName() + ".HttpClient");
    }

    /** The clients belong to {@code UpstreamHttp}; which one is used depends on the upstream that is chosen. */
    @Override
    protected HttpClient createHttpClient() {
        return forward.anyGroup().client();
    }

    /** The client is not ours to stop. */
    @Override
    public void destroy() {}

    @Override
    protected void service(HttpServletRequest clientRequest, HttpServletResponse clientResponse) throws IOException {
        Exchange exchange = Objects.requireNonNull(Exchange.of(clientRequest), "the filter makes the exchange");
        RouteTable<UpstreamGroup>.Lookup route = forward.route(clientRequest, exchange.target());
        if (!route.needsModel()) {
            Refusal refusal = exchange.route(route.resolve(null));
            if (refusal != null) {
                ErrorAnswer.send(exchange, refusal);
                return;
            }
        }
        if (ModelCatalog.answers(exchange, route)) {
            return;
        }
        if (clientRequest.getContentLengthLong() > forward.config().maxBody()) {
            ErrorAnswer.send(exchange, Refusal.of(ProxyError.BODY_TOO_LARGE));
            return;
        }
        AsyncContext async = clientRequest.startAsync();
        async.setTimeout(0);
        try {
            new Forwarder(exchange, route, async, open, budget, workers).start(async);
        } catch (IOException | RuntimeException | Error e) {
            // As when a filter of the operator's wraps the request and throws: nobody else would end what has become
            // asynchronous.
            LOG.error("{}: the exchange failed", exchange.id(), e);
            if (!clientResponse.isCommitted()) {
                clientResponse.reset();
                ErrorAnswer.send(exchange, Refusal.of(ProxyError.INTERNAL));
            }
            exchange.end();
            async.complete();
        }
    }
}
