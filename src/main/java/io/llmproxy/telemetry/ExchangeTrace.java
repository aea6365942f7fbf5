package io.llmproxy.telemetry;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.capture.Recorded;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.GenAi;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.Trace;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The spans of one exchange: one for itself, and one for each attempt. */
final class ExchangeTrace implements Trace {
    static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private static final int ERROR_STATUS = 400;
    private static final int SERVER_ERROR = 500;
    private static final int LONGEST_NAME = 128;

    private final Tracer tracer;
    private final Span exchange;
    private final Headers headers;
    private final @Nullable LangfuseSpans langfuse;
    private final @Nullable SpanContents contents;
    /** By the order in which they began; the settled one is the first of its upstream. */
    private final Queue<Open> open = new ConcurrentLinkedQueue<>();

    /** What the client's side says; null if that is not to be told. */
    private volatile @Nullable Recorded recorded;

    /**
     * The span of an attempt that is not over.
     *
     * @param recorded what is asked and answered; null if that is not to be told
     */
    private record Open(
            String upstream, Span span, @Nullable Recorded recorded) {}

    /** @param contents keeps what is asked and answered; null if that is not to be told */
    ExchangeTrace(
            Tracer tracer,
            Span exchange,
            Headers headers,
            @Nullable LangfuseSpans langfuse,
            @Nullable SpanContents contents) {
        this.langfuse = langfuse;
        this.contents = contents;
        this.tracer = tracer;
        this.exchange = exchange;
        this.headers = headers;
    }

    /** Which headers of traces upstreams are sent. */
    enum Headers {
        /** Those of the attempt. */
        OURS,
        /** None. */
        NONE,
        /** Those that the client has sent. */
        CLIENTS
    }

    @Override
    public @Nullable String id() {
        SpanContext context = exchange.getSpanContext();
        return context.isValid() ? context.getTraceId() : null;
    }

    @Override
    public boolean isSampled() {
        return exchange.getSpanContext().isSampled();
    }

    @Override
    public boolean replacesClients() {
        return headers != Headers.CLIENTS;
    }

    @Override
    public @Nullable String attempting(String upstream) {
        Span attempt = tracer.spanBuilder(upstream)
                .setParent(Context.root().with(exchange))
                .setSpanKind(SpanKind.CLIENT)
                .startSpan();
        open.add(new Open(upstream, attempt, contents == null ? null : contents.begin()));
        SpanContext context = attempt.getSpanContext();
        return headers == Headers.OURS && context.isValid()
                ? "00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                        + context.getTraceFlags().asHex()
                : null;
    }

    @Override
    public @Nullable String state() {
        TraceState state = exchange.getSpanContext().getTraceState();
        if (headers != Headers.OURS || state.isEmpty()) {
            return null;
        }
        StringJoiner members = new StringJoiner(",");
        state.forEach((key, value) -> members.add(key + "=" + value));
        return members.toString();
    }

    private @Nullable Open take(String upstream) {
        Open first = open.stream()
                .filter(attempt -> attempt.upstream().equals(upstream))
                .findFirst()
                .orElse(null);
        return first != null && open.remove(first) ? first : null;
    }

    /** A span that does not end is not sent. */
    @Override
    public void discarded(String upstream) {
        forget(take(upstream));
    }

    private static void forget(@Nullable Open unsent) {
        Recorded recorded = unsent == null ? null : unsent.recorded();
        if (recorded != null) {
            recorded.discard();
        }
    }

    /** What records the client's side; null if nothing does. */
    @Nullable Recorded recording() {
        recorded = contents == null ? null : contents.begin();
        return recorded;
    }

    /** What records the request that was made last of those to an upstream; null if nothing does. */
    @Nullable Recorded recording(String upstream) {
        Recorded last = null;
        for (Open attempt : open) {
            last = attempt.upstream().equals(upstream) ? attempt.recorded() : last;
        }
        return last;
    }

    void settled(Exchange told, SettledAttempt attempt) {
        Open over = take(attempt.upstream());
        if (over == null) {
            return;
        }
        Span span = over.span();
        String operation = GenAi.operation(told);
        String model = model(attempt);
        if (operation != null) {
            span.updateName(model == null ? operation : operation + " " + model);
            span.setAttribute("gen_ai.operation.name", operation);
        }
        set(span, "gen_ai.provider.name", GenAi.provider(attempt.provider()));
        set(span, "gen_ai.request.model", model);
        span.setAttribute("llmproxy.upstream", attempt.upstream());
        span.setAttribute("llmproxy.group", attempt.group());
        span.setAttribute("llmproxy.key_index", attempt.keyIndex());
        if (attempt.number() > 1) {
            span.setAttribute("http.request.resend_count", attempt.number() - 1L);
        }
        if (attempt.status() > 0) {
            span.setAttribute("http.response.status_code", attempt.status());
        }
        long firstToken = attempt.times().firstToken();
        if (attempt.stream() && firstToken >= 0) {
            span.setAttribute("gen_ai.response.time_to_first_chunk", (double) firstToken / TimeUnit.SECONDS.toNanos(1));
        }
        answer(span, attempt.usage().answer());
        usage(span, attempt);
        fail(span, attempt.error(), attempt.status(), ERROR_STATUS);
        if (langfuse != null) {
            langfuse.generation(
                    span,
                    told,
                    attempt,
                    Instant.now().minusNanos(attempt.times().total()));
        }
        end(span, over.recorded());
    }

    private void end(Span span, @Nullable Recorded said) {
        if (contents != null && said != null) {
            contents.ended(span.getSpanContext().getSpanId(), said);
        }
        span.end();
    }

    private static void answer(Span span, AttemptUsage.Answer answer) {
        set(span, "gen_ai.response.id", bounded(answer.id()));
        set(span, "gen_ai.response.model", bounded(answer.model()));
        if (!answer.finishReasons().isEmpty()) {
            span.setAttribute(FINISH_REASONS, answer.finishReasons());
        }
    }

    private static void usage(Span span, SettledAttempt attempt) {
        Usage usage = attempt.usage().usage();
        set(span, "gen_ai.usage.input_tokens", usage, Count.INPUT);
        set(span, "gen_ai.usage.output_tokens", usage, Count.OUTPUT);
        set(span, "gen_ai.usage.cache_read.input_tokens", usage, Count.CACHE_READ);
        set(span, "gen_ai.usage.cache_creation.input_tokens", usage, Count.CACHE_WRITE);
        set(span, "gen_ai.usage.cache_write.input_tokens", usage, Count.CACHE_WRITE);
        set(span, "gen_ai.usage.reasoning.output_tokens", usage, Count.REASONING);
        span.setAttribute("llmproxy.usage.source", attempt.usage().source().label());
        Money cost = attempt.cost().amount();
        if (cost != null) {
            span.setAttribute("llmproxy.cost", cost.text() + cost.currency());
        }
    }

    /** What no upstream has answered for may be anything, unless the configuration has it. */
    private static @Nullable String model(SettledAttempt attempt) {
        SettledAttempt.Model model = attempt.model();
        String configured = model.configured();
        boolean known = configured != null && configured.indexOf('*') < 0;
        boolean answered = attempt.status() >= 200 && attempt.status() < 300;
        String name = model.sent() == null ? model.asked() : model.sent();
        if (name != null && !known && !answered) {
            return "other";
        }
        return bounded(name);
    }

    private static @Nullable String bounded(@Nullable String name) {
        return name == null || name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
    }

    private static void set(Span span, String name, @Nullable String value) {
        if (value != null) {
            span.setAttribute(name, value);
        }
    }

    private static void set(Span span, String name, Usage usage, Count count) {
        if (usage.knows(count)) {
            span.setAttribute(name, usage.get(count, 0));
        }
    }

    private static void fail(Span span, @Nullable ProxyError error, int status, int from) {
        if (error != null || status >= from) {
            span.setAttribute(ERROR_TYPE, error == null ? Integer.toString(status) : error.code());
            span.setStatus(StatusCode.ERROR);
        }
    }

    void ended(Exchange told) {
        open.forEach(attempt -> {
            forget(attempt);
            attempt.span().end();
        });
        open.clear();
        exchange.setAttribute("http.request.method", told.method());
        exchange.setAttribute("http.route", told.endpoint().label());
        if (told.status() > 0) {
            exchange.setAttribute("http.response.status_code", told.status());
        }
        exchange.setAttribute("llmproxy.request_id", told.id());
        exchange.setAttribute("llmproxy.forward", told.forward().name());
        exchange.setAttribute("llmproxy.attempts", told.attempts());
        exchange.setAttribute("llmproxy.outcome", told.outcome().label());
        UpstreamGroup group = told.group();
        set(exchange, "llmproxy.group", group == null ? null : group.name());
        ClientKey key = told.clientKey();
        set(exchange, "llmproxy.key", key == null ? null : key.name());
        boolean ofClient =
                told.error() != null && told.error().status() < SERVER_ERROR && told.outcome() != Exchange.Outcome.CUT;
        fail(exchange, ofClient ? null : told.error(), ofClient ? 0 : told.status(), SERVER_ERROR);
        if (langfuse != null) {
            langfuse.exchange(exchange, told);
        }
        end(exchange, recorded);
    }
}
