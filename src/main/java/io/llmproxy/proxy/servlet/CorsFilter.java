package io.llmproxy.proxy.servlet;

import io.llmproxy.proxy.admission.Cors;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.request.RequestId;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Answers browsers that ask what a page may do, before there is talk of keys: they show none with that question. Lets pages
 * read all other answers. Requests for operators pass.
 */
public final class CorsFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Exchange exchange = Exchange.of(request);
        Cors cors = exchange == null ? null : exchange.forward().cors();
        if (exchange == null || cors == null) {
            chain.doFilter(request, response);
            return;
        }
        HttpServletRequest clientRequest = (HttpServletRequest) request;
        HttpServletResponse clientResponse = (HttpServletResponse) response;
        if (!Cors.isPreflight(clientRequest)) {
            cors.tell(clientRequest, clientResponse);
            chain.doFilter(request, response);
            return;
        }
        cors.answer(clientRequest, clientResponse);
        clientResponse.setHeader(RequestId.HEADER, exchange.id());
        exchange.answering(clientResponse.getStatus(), null);
        exchange.end();
    }
}
