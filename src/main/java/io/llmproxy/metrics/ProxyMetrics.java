package io.llmproxy.metrics;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.HedgeResult;
import io.llmproxy.proxy.exchange.Line;
import io.llmproxy.proxy.exchange.SessionSummary;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.upstream.UpstreamGroup;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.Locale;
import java.util.Set;

/**
 * Counts exchanges and attempts under the names that LLMProxy's documents give. Label values come from the configuration
 * and from enumerations only: no request can make a new series.
 */
public final class ProxyMetrics implements ExchangeListener {
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final int ERROR_STATUS = 400;

    private final KeyLabels keys;
    private final KeyedCounter requests;
    private final Counter answers;
    private final Gauge inFlight;
    private final Histogram requestDuration;
    private final Counter requestErrors;
    private final Counter rateLimited;
    private final Counter authFailures;
    private final Counter routeMatches;
    private final Counter upstreamRequests;
    private final Histogram upstreamDuration;
    private final Counter upstreamErrors;
    private final Counter retries;
    private final Counter hedges;
    private final Gauge queued;
    private final Histogram queueTime;
    private final Counter shed;
    private final Gauge sessions;
    private final Counter messages;
    private final Counter closes;

    /**
     * @param registry where the metrics are registered
     * @param keys what keys are called
     */
    public ProxyMetrics(PrometheusRegistry registry, KeyLabels keys) {
        this.keys = keys;
        Instruments instruments = new Instruments(registry);
        requests =
                instruments.keyed("llmproxy_http_requests_total", "Requests of clients.", "forward", "method", "path");
        answers = instruments.counter(
                "llmproxy_http_responses_total",
                "Answers to clients by status: 499 if the client left before, 0 if nothing was sent.",
                "forward",
                "status");
        inFlight = instruments.gauge("llmproxy_in_flight", "Requests of clients that have not ended.", "forward");
        requestDuration = instruments.seconds(
                "llmproxy_http_request_duration_seconds",
                "Time from a client's request to the end of its answer.",
                "forward",
                "method",
                "path");
        requestErrors = instruments.counter(
                "llmproxy_http_request_errors_total",
                "Requests that were answered with an error: a code of the gateway, or upstream_error.",
                "forward",
                "error",
                "status");
        rateLimited = instruments.counter(
                "llmproxy_ratelimit_total",
                "Requests rejected by the rate limit of a client address or key.",
                "forward");
        authFailures = instruments.counter(
                "llmproxy_auth_failures_total", "Requests rejected by client authentication.", "forward", "reason");
        routeMatches = instruments.counter(
                "llmproxy_route_matches_total", "Requests by the group that served them.", "forward", "group");
        upstreamRequests =
                instruments.counter("llmproxy_upstream_requests_total", "Requests to upstreams.", "group", "upstream");
        upstreamDuration = instruments.seconds(
                "llmproxy_upstream_duration_seconds",
                "Time from a request to an upstream to the head of its answer.",
                "group",
                "upstream");
        upstreamErrors = instruments.counter(
                "llmproxy_upstream_errors_total",
                "Failed requests to upstreams, and requests for which no upstream was available.",
                "error",
                "group",
                "upstream");
        retries = instruments.counter(
                "llmproxy_retries_total",
                "Retries: sent, not sent because the retry budget was used up, or refused for another reason.",
                "group",
                "result",
                "reason");
        hedges = instruments.counter(
                "llmproxy_hedges_total",
                "Streams whose first content was late, by result of the hedge.",
                "group",
                "result");
        queued = instruments.gauge(
                "llmproxy_queued",
                "Requests that wait because a forward, or an upstream, serves as many as it may.",
                "forward",
                "queue");
        queueTime = instruments.seconds(
                "llmproxy_queue_seconds",
                "Time that requests waited in a queue, those included that were not served then.",
                "forward",
                "queue");
        shed = instruments.counter(
                "llmproxy_shed_total", "Requests rejected because the gateway was overloaded.", "forward", "reason");
        sessions = instruments.gauge("llmproxy_websocket_sessions", "Open WebSocket sessions.", "forward");
        messages = instruments.counter(
                "llmproxy_websocket_messages_total",
                "Messages of WebSocket sessions, by the side that sent them.",
                "forward",
                "sender");
        closes = instruments.counter(
                "llmproxy_websocket_closes_total",
                "Closed WebSocket sessions by closing side and close code.",
                "forward",
                "by",
                "code");
    }

    @Override
    public void sessionBegan(Exchange exchange) {
        sessions.labelValues(exchange.forward().name()).inc();
    }

    @Override
    public void messagePassed(Exchange exchange, boolean fromClient) {
        messages.labelValues(exchange.forward().name(), fromClient ? "client" : "upstream")
                .inc();
    }

    @Override
    public void sessionEnded(Exchange exchange, SessionSummary session) {
        String forward = exchange.forward().name();
        sessions.labelValues(forward).dec();
        closes.labelValues(forward, session.by().label(), CloseCodes.label(session.code()))
                .inc();
    }

    @Override
    public void started(Exchange exchange) {
        inFlight.labelValues(exchange.forward().name()).inc();
    }

    @Override
    public void unauthenticated(Exchange exchange, AuthFailure failure) {
        authFailures
                .labelValues(exchange.forward().name(), failure.name().toLowerCase(Locale.ROOT))
                .inc();
    }

    @Override
    public void routed(Exchange exchange) {
        UpstreamGroup group = exchange.group();
        if (group != null) {
            routeMatches.labelValues(exchange.forward().name(), group.name()).inc();
        }
    }

    @Override
    public void attempted(Exchange exchange, AttemptResult attempt) {
        String upstream = attempt.upstream() == null ? "unknown" : attempt.upstream();
        if (attempt.upstream() != null) {
            upstreamRequests.labelValues(attempt.group(), upstream).inc();
            upstreamDuration.labelValues(attempt.group(), upstream).observe(Unit.nanosToSeconds(attempt.nanos()));
        }
        String error = AttemptErrors.of(attempt);
        if (error != null) {
            upstreamErrors.labelValues(error, attempt.group(), upstream).inc();
        }
    }

    @Override
    public void brokeOff(Exchange exchange, ProxyError failure) {
        UpstreamGroup group = exchange.group();
        String upstream = exchange.upstream();
        if (group != null && upstream != null && failure.concernsUpstream()) {
            upstreamErrors.labelValues(failure.code(), group.name(), upstream).inc();
        }
    }

    @Override
    public void retried(Exchange exchange, Verdict why) {
        UpstreamGroup group = exchange.group();
        if (group != null) {
            retries.labelValues(group.name(), retryResult(why), why.word()).inc();
        }
    }

    @Override
    public void hedged(Exchange exchange, HedgeResult result) {
        UpstreamGroup group = exchange.group();
        if (group != null) {
            hedges.labelValues(group.name(), result.label()).inc();
        }
    }

    /** The method, if it is one that requests of APIs have. */
    static String method(Exchange exchange) {
        return METHODS.contains(exchange.method()) ? exchange.method() : "other";
    }

    private static String retryResult(Verdict why) {
        if (why.isAllowed()) {
            return "sent";
        }
        return why == Verdict.OVER_BUDGET ? "over_budget" : "refused";
    }

    @Override
    public void queued(Exchange exchange, Line line) {
        queued.labelValues(exchange.forward().name(), line.label()).inc();
    }

    @Override
    public void unqueued(Exchange exchange, Line line, long nanos) {
        String forward = exchange.forward().name();
        queued.labelValues(forward, line.label()).dec();
        queueTime.labelValues(forward, line.label()).observe(Unit.nanosToSeconds(nanos));
    }

    @Override
    public void shed(Exchange exchange, Shed because) {
        shed.labelValues(exchange.forward().name(), because.name().toLowerCase(Locale.ROOT))
                .inc();
    }

    @Override
    public void ended(Exchange exchange) {
        String forward = exchange.forward().name();
        String method = method(exchange);
        String path = exchange.endpoint().label();
        requests.of(keys.asked(exchange.clientKey()), forward, method, path).add(1);
        requestDuration.labelValues(forward, method, path).observe(Unit.nanosToSeconds(exchange.nanos()));
        answers.labelValues(forward, Integer.toString(exchange.status())).inc();
        ProxyError error = exchange.error();
        if (error == ProxyError.RATE_LIMITED || error == ProxyError.KEY_RATE_LIMITED) {
            rateLimited.labelValues(forward).inc();
        }
        if (error != null || exchange.status() >= ERROR_STATUS) {
            requestErrors
                    .labelValues(
                            forward,
                            error == null ? "upstream_error" : error.code(),
                            Integer.toString(exchange.status()))
                    .inc();
        }
        inFlight.labelValues(forward).dec();
    }
}
