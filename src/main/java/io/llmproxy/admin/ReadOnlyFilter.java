package io.llmproxy.admin;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Tells those who try to change what can only be looked at that they cannot. */
public final class ReadOnlyFilter implements Filter {
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "OPTIONS");
    private static final byte[] BODY =
            "{\"error\":{\"message\":\"Use GET.\",\"code\":\"method_not_allowed\"}}".getBytes(StandardCharsets.UTF_8);

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (METHODS.contains(((HttpServletRequest) request).getMethod())) {
            chain.doFilter(request, response);
            return;
        }
        HttpServletResponse refusal = (HttpServletResponse) response;
        refusal.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
        refusal.setHeader("Allow", "GET, HEAD, OPTIONS");
        refusal.setHeader("X-LLMProxy-Error", "method_not_allowed");
        refusal.setContentType("application/json");
        refusal.setContentLength(BODY.length);
        refusal.getOutputStream().write(BODY);
    }
}
