package io.llmproxy.proxy.servlet;

import io.llmproxy.jetty.container.JettyUpgrade;
import io.llmproxy.jetty.tomcat.TomcatUpgrade;
import io.llmproxy.proxy.admission.Cors;
import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Forward;
import io.llmproxy.proxy.forward.Forwarder;
import io.llmproxy.proxy.forward.OpenExchanges;
import io.llmproxy.proxy.forward.Routing;
import io.llmproxy.proxy.request.WebSocketRequest;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.websocket.ConnectionUpgrade;
import io.llmproxy.websocket.Handshake;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
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
        Refusal handshake = shakeHands(exchange);
        if (handshake != null) {
            ErrorAnswer.send(exchange, handshake);
            return;
        }
        RouteTable<UpstreamGroup>.Lookup route = forward.route(clientRequest, exchange.target());
        if (!route.needsModel()) {
            Refusal refusal = Routing.decide(exchange, route, null);
            if (refusal != null) {
                ErrorAnswer.send(exchange, refusal);
                return;
            }
        }
        if (exchange.webSocket() == null && ModelCatalog.answers(exchange, route)) {
            return;
        }
        if (clientRequest.getContentLengthLong() > forward.config().maxBody()) {
            ErrorAnswer.send(exchange, Refusal.of(ProxyError.BODY_TOO_LARGE));
            return;
        }
        if (!clientRequest.isAsyncSupported()) {
            LOG.error(
                    "{}: a filter of the container's that comes before this application has no async support"
                            + " (expected: <async-supported>true</async-supported> for it)",
                    exchange.id());
            ErrorAnswer.send(exchange, Refusal.of(ProxyError.INTERNAL));
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

    /** Reads what the request says of WebSocket; returns why it cannot have that, or null if it can, or asks for none. */
    private @Nullable Refusal shakeHands(Exchange exchange) {
        HttpServletRequest clientRequest = exchange.clientRequest();
        WebSocketRequest asked = forward.config().websocket().enabled()
                ? WebSocketRequest.of(exchange.method(), clientRequest.getProtocol(), exchange.head())
                : null;
        if (asked == null) {
            return null;
        }
        if (isForeignPage(exchange)) {
            return Refusal.of(ProxyError.ORIGIN_NOT_ALLOWED);
        }
        if (!hasUpgrade(clientRequest)) {
            return Refusal.of(ProxyError.NO_WEBSOCKET);
        }
        Refusal refusal = hasBody(clientRequest)
                ? Refusal.of(ProxyError.INVALID_REQUEST, "A WebSocket handshake must not have a body.")
                : asked.refusal();
        if (refusal == null) {
            exchange.opensWebSocket(asked);
        } else {
            exchange.clientResponse().setHeader("Sec-WebSocket-Version", Handshake.VERSION);
        }
        return refusal;
    }

    /** Browsers let a page of any origin open a session and read it, so that without a key the origin has to be allowed. */
    private boolean isForeignPage(Exchange exchange) {
        HttpServletRequest clientRequest = exchange.clientRequest();
        Cors cors = forward.cors();
        return clientRequest.getHeader("Origin") != null
                && exchange.clientKey() == null
                && (cors == null || !cors.allows(clientRequest));
    }

    /** Such a body would be taken for frames. */
    private static boolean hasBody(HttpServletRequest clientRequest) {
        return clientRequest.getContentLengthLong() > 0 || clientRequest.getHeader("Transfer-Encoding") != null;
    }

    /** The launcher gives a way along with the request; a container has to be known. */
    private static boolean hasUpgrade(HttpServletRequest clientRequest) {
        if (clientRequest.getAttribute(ConnectionUpgrade.ATTRIBUTE) == null) {
            clientRequest.setAttribute(ConnectionUpgrade.ATTRIBUTE, upgradeOfContainer(clientRequest));
        }
        return clientRequest.getAttribute(ConnectionUpgrade.ATTRIBUTE) != null;
    }

    private static @Nullable ConnectionUpgrade upgradeOfContainer(HttpServletRequest clientRequest) {
        ConnectionUpgrade tomcat = TomcatUpgrade.of(clientRequest);
        return tomcat == null ? JettyUpgrade.of(clientRequest) : tomcat;
    }
}
