package io.llmproxy.admin;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps clients from what is for operators where both use the connectors of one container: on all ports but the configured one
 * there are only the probes that a load balancer asks.
 */
public final class OperatorPortFilter implements Filter {
    private static final String HEALTH = "/health";

    /** They tell nothing of upstreams. */
    private static final Set<String> PROBES = Set.of("", "/", "/live", "/ready", "/started");

    private final Supplier<@Nullable Integer> port;

    /** @param port the local port of the operators' connector; null if any may be theirs */
    public OperatorPortFilter(Supplier<@Nullable Integer> port) {
        this.port = port;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Integer only = port.get();
        if (only == null || only == request.getLocalPort() || isProbe((HttpServletRequest) request)) {
            chain.doFilter(request, response);
        } else {
            NotFoundServlet.answer((HttpServletResponse) response);
        }
    }

    private static boolean isProbe(HttpServletRequest request) {
        String check = request.getPathInfo();
        return HEALTH.equals(request.getServletPath()) && PROBES.contains(check == null ? "" : check);
    }
}
