package io.llmproxy.proxy.servlet;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.auth.Authentication;
import io.llmproxy.auth.ClientKey;
import io.llmproxy.auth.ClientKeys;
import io.llmproxy.auth.PresentedKey;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.admission.KeyLimits;
import io.llmproxy.proxy.answer.AuthRefusal;
import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.ratelimit.RateLimiter.Decision;
import io.llmproxy.ratelimit.TokenBucket;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Instant;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * Identifies the client by its key, and refuses one that may not use the forward or that comes too often. A forward without
 * keys asks for none; requests for operators pass.
 */
public final class AuthFilter implements Filter {
    /** Costs next to nothing, and clients ask for it before each request proper. */
    private static final Endpoint COUNT_TOKENS = Endpoint.MESSAGE_COUNT;

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Exchange exchange = Exchange.of(request);
        Refusal refusal = exchange == null ? null : admit(exchange);
        if (exchange == null || refusal == null) {
            chain.doFilter(request, response);
        } else {
            ErrorAnswer.send(exchange, refusal);
        }
    }

    private static @Nullable Refusal admit(Exchange exchange) {
        ClientKeys keys = exchange.forward().admission().keys();
        if (keys.isEmpty()) {
            return null;
        }
        HttpServletRequest clientRequest = exchange.clientRequest();
        PresentedKey presented = PresentedKey.find(
                name -> Collections.list(clientRequest.getHeaders(name)), clientRequest.getQueryString());
        if (presented instanceof PresentedKey.Conflict conflict) {
            return AuthRefusal.of(exchange, conflict);
        }
        Authentication client = keys.authenticate(presented, Instant.now());
        exchange.authenticated(client);
        AuthFailure failure = client.failure();
        if (failure != null) {
            boolean mayGoOn = failure.isStranger() && !keys.isRequired();
            return mayGoOn ? null : AuthRefusal.of(exchange, failure);
        }
        ClientKey key = client.key();
        if (key == null) {
            return null;
        }
        LimitPath path = exchange.limitPath();
        if (path != null && !path.isKnown()) {
            return AuthRefusal.of(exchange, AuthFailure.NO_SCOPE);
        }
        return path == null || path.isEnabled() ? limit(exchange, key) : AuthRefusal.of(exchange, AuthFailure.DISABLED);
    }

    private static @Nullable Refusal limit(Exchange exchange, ClientKey key) {
        KeyLimits.Limits limits = exchange.forward().admission().keyLimits().of(key);
        TokenBucket rate = limits.rate();
        if (rate != null && exchange.endpoint() != COUNT_TOKENS) {
            Decision decision = rate.tryAcquire();
            if (!decision.allowed()) {
                RateLimitFilter.tell(exchange.clientResponse(), decision);
                return new Refusal(ProxyError.KEY_RATE_LIMITED, decision.retryAfterNanos(), false);
            }
        }
        ConcurrencyLimit concurrency = limits.concurrency();
        if (concurrency != null && !concurrency.tryAcquire()) {
            return new Refusal(ProxyError.KEY_BUSY, Refusal.SOON.toNanos(), false);
        }
        exchange.holds(concurrency);
        return null;
    }
}
