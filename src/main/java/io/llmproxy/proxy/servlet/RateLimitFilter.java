package io.llmproxy.proxy.servlet;

import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.ratelimit.RateLimiter.Decision;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Refuses the requests of a client that makes too many. Requests for operators pass. */
public final class RateLimitFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Exchange exchange = Exchange.of(request);
        Decision decision =
                exchange == null ? null : exchange.forward().admission().tryAcquire((HttpServletRequest) request);
        if (exchange == null || decision == null || decision.allowed()) {
            chain.doFilter(request, response);
            return;
        }
        tell((HttpServletResponse) response, decision);
        ErrorAnswer.send(exchange, new Refusal(ProxyError.RATE_LIMITED, decision.retryAfterNanos(), false));
    }

    /** In OpenAI's words. An answer that is passed on has the upstream's own figures, so these are told with a refusal only. */
    static void tell(HttpServletResponse clientResponse, Decision decision) {
        clientResponse.setHeader("x-ratelimit-limit-requests", Long.toString(decision.limit()));
        clientResponse.setHeader("x-ratelimit-remaining-requests", Long.toString(decision.remaining()));
        clientResponse.setHeader(
                "x-ratelimit-reset-requests", TimeUnit.NANOSECONDS.toMillis(decision.resetNanos()) + "ms");
    }
}
