package io.llmproxy.proxy;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;

/**
 * The last filter: hands the exchange to its forward's servlet. A forward has the whole path space of its port, so the
 * container's mapping of paths to servlets cannot be asked.
 */
public final class MountFilter implements Filter {
    private final Map<Forward, ForwardServlet> servlets;

    /** @param servlets the servlet of each forward */
    public MountFilter(Map<Forward, ForwardServlet> servlets) {
        this.servlets = Map.copyOf(servlets);
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Exchange exchange = Exchange.of(request);
        if (exchange == null) {
            chain.doFilter(request, response);
        } else {
            Objects.requireNonNull(servlets.get(exchange.forward())).service(request, response);
        }
    }
}
