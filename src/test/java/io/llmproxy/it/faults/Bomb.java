package io.llmproxy.it.faults;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;

/** A filter that an operator has added to a container. If a request says so, reading the body of the request throws. */
public final class Bomb implements Filter {
    static final String HEADER = "X-Bomb";

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        HttpServletRequest http = (HttpServletRequest) request;
        String kind = http.getHeader(HEADER);
        chain.doFilter(kind == null ? request : new Armed(http, kind), response);
    }

    static final class Armed extends HttpServletRequestWrapper {
        private final String kind;

        Armed(HttpServletRequest request, String kind) {
            super(request);
            this.kind = kind;
        }

        @Override
        public ServletInputStream getInputStream() {
            if (kind.equals("error")) {
                throw new AssertionError("a filter's own error");
            }
            throw new IllegalStateException("a filter's own exception");
        }
    }
}
