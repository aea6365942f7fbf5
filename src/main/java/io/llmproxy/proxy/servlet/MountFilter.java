package io.llmproxy.proxy.servlet;

import io.llmproxy.proxy.exchange.Exchange;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;

/**
 * The last filter: hands the exchange to its forward's servlet. A forward has the whole path space of its port, and comes
 * and goes with the configuration, so the container's mapping of paths to servlets cannot be asked.
 */
public final class MountFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Exchange exchange = Exchange.of(request);
        if (exchange == null) {
            chain.doFilter(request, response);
        } else {
            exchange.servlet().service(request, response);
        }
    }
}
