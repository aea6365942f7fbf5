package io.llmproxy.telemetry;

import io.llmproxy.capture.Contents;
import io.llmproxy.config.LangfuseConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** What Langfuse reads of a span: an attempt is a generation, an exchange the span around it. What was said is added when they are sent. */
final class LangfuseSpans {
    private static final String TRACE_NAME = "llm-proxy-request";
    private static final String PATH = "/api/public/otel/v1/traces";

    private final LangfuseConfig config;
    private final Sampler share;

    LangfuseSpans(LangfuseConfig config) {
        this.config = config;
        this.share = Sampler.traceIdRatioBased(config.sampleRate());
    }

    /** Where spans are sent. */
    String endpoint() {
        String host = config.host().toString();
        return (host.endsWith("/") ? host.substring(0, host.length() - 1) : host) + PATH;
    }

    /** Langfuse ignores spans of the protocol that do not say so. */
    Map<String, String> headers() {
        String keys = config.publicKey() + ":" + config.secretKey().reveal();
        return Map.of(
                "Authorization",
                "Basic " + Base64.getEncoder().encodeToString(keys.getBytes(StandardCharsets.UTF_8)),
                "x-langfuse-ingestion-version",
                "4");
    }

    /** Whether a span is of a trace that is sent. */
    boolean isWanted(SpanContext span) {
        return NotableSpans.isIn(share, span);
    }

    /**
     * What keeps the contents of spans; null if they are not to be sent.
     *
     * @param secrets what never is
     */
    @Nullable SpanContents contents(Set<Secret> secrets) {
        return config.content()
                ? new SpanContents(new Contents(config.redact(), secrets, (int) config.maxContent()))
                : null;
    }

    /** An attempt is over. */
    void generation(Span span, Exchange exchange, SettledAttempt attempt, Instant began) {
        common(span, exchange);
        span.setAttribute("langfuse.observation.type", "generation");
        span.setAttribute(
                "langfuse.observation.usage_details", usage(attempt.usage().usage()));
        Money cost = attempt.cost().amount();
        if (cost != null && cost.currency().equals("USD")) {
            span.setAttribute("langfuse.observation.cost_details", "{\"total\":" + cost.text() + "}");
        }
        long firstToken = attempt.times().firstToken();
        if (attempt.stream() && firstToken >= 0) {
            span.setAttribute("langfuse.observation.completion_start_time", "\"" + began.plusNanos(firstToken) + "\"");
        }
        level(span, attempt.error(), attempt.status());
    }

    /** An exchange is over. */
    void exchange(Span span, Exchange exchange) {
        common(span, exchange);
        span.setAttribute("langfuse.observation.type", "span");
        span.setAttribute("langfuse.trace.metadata.request_id", exchange.id());
        level(span, exchange.error(), exchange.status());
    }

    /** On every span: Langfuse filters spans, not traces. */
    private void common(Span span, Exchange exchange) {
        span.setAttribute("langfuse.trace.name", TRACE_NAME);
        List<String> tags = new ArrayList<>();
        tags.add("endpoint:" + exchange.endpoint().label());
        if (exchange.clientKey() != null) {
            span.setAttribute("langfuse.user.id", exchange.clientKey().name());
            tags.add("credential:" + exchange.clientKey().name());
        }
        span.setAttribute(AttributeKey.stringArrayKey("langfuse.trace.tags"), tags);
        if (config.environment() != null) {
            span.setAttribute("langfuse.environment", config.environment());
        }
        if (config.release() != null) {
            span.setAttribute("langfuse.release", config.release());
        }
    }

    private static void level(Span span, @Nullable ProxyError error, int status) {
        boolean failed = error != null || status >= 400;
        span.setAttribute("langfuse.observation.level", failed ? "ERROR" : "DEFAULT");
        if (failed) {
            span.setAttribute("langfuse.observation.status_message", error == null ? "status " + status : error.code());
        }
    }

    /** No token under two names: Langfuse adds them up, and prices each. */
    private static String usage(Usage usage) {
        StringJoiner counts = new StringJoiner(",", "{", "}");
        if (usage.knows(Count.INPUT)) {
            long read = usage.get(Count.CACHE_READ, 0);
            long written = usage.get(Count.CACHE_WRITE, 0);
            add(counts, "input", Math.max(0, usage.get(Count.INPUT, 0) - read - written));
            addIf(counts, "input_cached_tokens", read);
            addIf(counts, "input_cache_creation", written);
        }
        if (usage.knows(Count.OUTPUT)) {
            long reasoning = usage.get(Count.REASONING, 0);
            add(counts, "output", Math.max(0, usage.get(Count.OUTPUT, 0) - reasoning));
            addIf(counts, "output_reasoning_tokens", reasoning);
        }
        if (usage.knows(Count.INPUT) && usage.knows(Count.OUTPUT)) {
            add(counts, "total", usage.get(Count.INPUT, 0) + usage.get(Count.OUTPUT, 0));
        }
        return counts.toString();
    }

    private static void addIf(StringJoiner counts, String name, long count) {
        if (count > 0) {
            add(counts, name, count);
        }
    }

    private static void add(StringJoiner counts, String name, long count) {
        counts.add("\"" + name + "\":" + count);
    }
}
