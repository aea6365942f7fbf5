package io.llmproxy.proxy.servlet;

import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Forward;
import io.llmproxy.proxy.forward.Forwarder;
import io.llmproxy.proxy.forward.OpenExchanges;
import io.llmproxy.proxy.forward.Routing;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins to forward the requests of one forward: finds the group that serves a request, and leaves the container's thread. */
public final class ForwardEntry {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardEntry.class);

    private final Forward forward;
    private final OpenExchanges open;
    private final BufferBudget budget;
    private final Executor workers;

    /**
     * @param forward the forward
     * @param open where its exchanges are kept while they are open
     * @param budget bounds what is kept of their bodies
     * @param workers do what would keep a thread that serves others busy for long
     */
    public ForwardEntry(Forward forward, OpenExchanges open, BufferBudget budget, Executor workers) {
        this.forward = forward;
        this.open = open;
        this.budget = budget;
        this.workers = workers;
    }

    void serve(HttpServletRequest clientRequest, HttpServletResponse clientResponse) throws IOException {
        Exchange exchange = Objects.requireNonNull(Exchange.of(clientRequest), "the filter makes the exchange");
        RouteTable<UpstreamGroup>.Lookup route = forward.route(clientRequest, exchange.target());
        if (!route.needsModel()) {
            Refusal refusal = Routing.decide(exchange, route, null);
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
            // As when a filter of the operator's wraps the request and throws: no other code would end what has become
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
