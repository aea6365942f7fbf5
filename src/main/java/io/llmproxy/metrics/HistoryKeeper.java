package io.llmproxy.metrics;

import io.llmproxy.health.UpstreamHistory;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;

/** Tells what came of attempts to what {@code /health/detailed} shows of upstreams. */
public final class HistoryKeeper implements ExchangeListener {
    private final UpstreamHistory history;

    /** @param history what is told */
    public HistoryKeeper(UpstreamHistory history) {
        this.history = history;
    }

    @Override
    public void attempted(Exchange exchange, AttemptResult attempt) {
        String upstream = attempt.upstream();
        if (upstream == null) {
            return;
        }
        history.called(upstream, attempt.nanos());
        String error = AttemptErrors.of(attempt);
        if (error != null) {
            history.failed(upstream, error, attempt.status());
        }
    }

    @Override
    public void brokeOff(Exchange exchange, ProxyError failure) {
        String upstream = exchange.upstream();
        if (upstream != null && failure.concernsUpstream()) {
            history.failed(upstream, failure.code(), exchange.status());
        }
    }
}
