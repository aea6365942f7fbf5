package io.llmproxy.proxy;

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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a request begins: finds the forward that takes it, makes the {@link Exchange}, and refuses what may not pass.
 * Whatever escapes further down becomes one error in the client's dialect. Requests for operators pass untouched.
 */
public final class ExchangeFilter implements Filter {
    private static final Logger LOG = LoggerFactory.getLogger(ExchangeFilter.class);

    private final Mounts mounts;
    private final ExchangeListener listener;

    /**
     * @param mounts which requests go to which forward
     * @param listener who looks on
     */
    public ExchangeFilter(Mounts mounts, ExchangeListener listener) {
        this.mounts = mounts;
        this.listener = listener;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request.getDispatcherType() == DispatcherType.ASYNC) {
            resume(request, response, chain);
            return;
        }
        Exchange exchange = begin((HttpServletRequest) request, (HttpServletResponse) response);
        if (exchange == null) {
            chain.doFilter(request, response);
        } else if (!RequestTarget.isAllowed(exchange.path(), ((HttpServletRequest) request).getQueryString())) {
            ErrorAnswer.send(exchange, ProxyError.INVALID_PATH);
        } else {
            forward(exchange, chain);
        }
    }

    /** An exchange comes back here only to be broken off. */
    private static void resume(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Exchange exchange = Exchange.of(request);
        if (exchange != null && exchange.isAborted()) {
            throw new EOFException(exchange.id() + ": the upstream's answer is incomplete");
        }
        chain.doFilter(request, response);
    }

    private @Nullable Exchange begin(HttpServletRequest clientRequest, HttpServletResponse clientResponse) {
        String path = clientRequest
                .getRequestURI()
                .substring(clientRequest.getContextPath().length());
        Place place = mounts.find(clientRequest.getLocalPort(), RequestTarget.withoutLeadingSlashes(path));
        if (place == null) {
            return null;
        }
        RequestId id = RequestId.of(clientRequest.getHeader(RequestId.HEADER));
        Exchange exchange = new Exchange(id, place, clientRequest, clientResponse, listener);
        exchange.attach();
        return exchange;
    }

    private static void forward(Exchange exchange, FilterChain chain) throws IOException {
        try {
            chain.doFilter(exchange.clientRequest(), exchange.clientResponse());
        } catch (RuntimeException | ServletException | IOException e) {
            LOG.error("{}: the exchange failed", exchange.id(), e);
            if (!exchange.clientRequest().isAsyncStarted()
                    && !exchange.clientResponse().isCommitted()) {
                exchange.clientResponse().reset();
                ErrorAnswer.send(exchange, ProxyError.INTERNAL);
            }
        }
    }
}
