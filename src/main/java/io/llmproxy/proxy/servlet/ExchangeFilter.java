package io.llmproxy.proxy.servlet;

import io.llmproxy.jetty.tomcat.TomcatUpgrade;
import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Place;
import io.llmproxy.proxy.exchange.Serving;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.request.RequestHead;
import io.llmproxy.proxy.request.RequestId;
import io.llmproxy.proxy.request.RequestPath;
import io.llmproxy.proxy.request.RequestTarget;
import io.llmproxy.websocket.ConnectionUpgrade;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a request begins: finds the forward that takes it, makes the {@link Exchange}, and refuses what may not pass.
 * Whatever escapes further down becomes one error in the client's dialect. Requests for operators pass untouched.
 */
public final class ExchangeFilter implements Filter {
    private static final Logger LOG = LoggerFactory.getLogger(ExchangeFilter.class);

    private final Supplier<Serving> current;
    private final BooleanSupplier stopping;
    private final BooleanSupplier overloaded;

    /**
     * @param current what is served at the moment
     * @param stopping whether clients had better connect elsewhere
     * @param overloaded whether there is too much to do to serve a request that comes now
     */
    public ExchangeFilter(Supplier<Serving> current, BooleanSupplier stopping, BooleanSupplier overloaded) {
        this.current = current;
        this.stopping = stopping;
        this.overloaded = overloaded;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request.getDispatcherType() == DispatcherType.ASYNC) {
            resume(request, response, chain);
            return;
        }
        if (!String.valueOf(request.getProtocol()).startsWith("HTTP/")) {
            // HTTP/0.9, which Tomcat still takes: an answer to it has no head, and so no status.
            ((HttpServletResponse) response).sendError(HttpServletResponse.SC_HTTP_VERSION_NOT_SUPPORTED);
            return;
        }
        Exchange exchange = begin((HttpServletRequest) request, (HttpServletResponse) response);
        if (exchange == null) {
            chain.doFilter(request, response);
        } else if (overloaded.getAsBoolean()) {
            exchange.shed(Shed.LOOPS_BUSY);
            ErrorAnswer.send(exchange, Refusal.overloaded());
        } else {
            Refusal refusal = refusal(exchange);
            if (refusal == null) {
                forward(exchange, chain);
            } else {
                ErrorAnswer.send(exchange, refusal);
            }
        }
    }

    private static @Nullable Refusal refusal(Exchange exchange) {
        HttpServletRequest clientRequest = exchange.clientRequest();
        RequestHead head = RequestHead.of(clientRequest);
        exchange.read(head);
        Refusal refusal = head.refusal();
        boolean allowed = RequestTarget.isAllowed(exchange.target(), clientRequest.getQueryString());
        return refusal != null || allowed ? refusal : Refusal.of(ProxyError.INVALID_PATH);
    }

    /** An exchange comes back here only to be broken off, or to give its connection to another protocol. */
    private static void resume(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Exchange exchange = Exchange.of(request);
        if (exchange != null && exchange.isAborted()) {
            throw new EOFException(exchange.id() + ": the upstream's answer is incomplete");
        }
        if (request.getAttribute(ConnectionUpgrade.ATTRIBUTE) instanceof TomcatUpgrade upgrade) {
            upgrade.resume((HttpServletRequest) request);
            return;
        }
        chain.doFilter(request, response);
    }

    private @Nullable Exchange begin(HttpServletRequest clientRequest, HttpServletResponse clientResponse) {
        // By segments: a container may know the context by a spelling other than the client's.
        RequestPath path = RequestPath.of(clientRequest.getRequestURI())
                .without(RequestPath.segments(clientRequest.getContextPath()));
        Serving serving = enter();
        Place place = serving.find(clientRequest.getLocalPort(), path);
        if (place == null) {
            serving.leave();
            return null;
        }
        RequestId id = RequestId.of(clientRequest.getHeader(RequestId.HEADER));
        Exchange exchange = new Exchange(id, place, clientRequest, clientResponse, serving);
        exchange.attach();
        if (stopping.getAsBoolean() && clientRequest.getProtocol().equals("HTTP/1.1")) {
            clientResponse.setHeader("Connection", "close");
        }
        return exchange;
    }

    /** One that was replaced since it was read takes no exchange; then there is another one to read. */
    private Serving enter() {
        Serving serving = current.get();
        while (!serving.enter()) {
            serving = current.get();
        }
        return serving;
    }

    private static void forward(Exchange exchange, FilterChain chain) throws IOException {
        try {
            chain.doFilter(exchange.clientRequest(), exchange.clientResponse());
        } catch (RuntimeException | ServletException | IOException e) {
            LOG.error("{}: the exchange failed", exchange.id(), e);
            if (!exchange.clientRequest().isAsyncStarted()
                    && !exchange.clientResponse().isCommitted()) {
                exchange.clientResponse().reset();
                ErrorAnswer.send(exchange, Refusal.of(ProxyError.INTERNAL));
            }
            exchange.end();
        }
    }
}
