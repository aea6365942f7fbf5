package io.llmproxy.telemetry;

import io.llmproxy.config.LangfuseConfig;
import io.llmproxy.config.OtelConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Trace;
import io.llmproxy.telemetry.ExchangeTrace.Headers;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes spans, and sends them. Where a Java agent of OpenTelemetry's is in the process, that one does the sending, and our spans hang below its.
 */
final class Traces implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Traces.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final long CLOSE_SECONDS = 5;
    private static final int BATCH = 512;
    private static final String WORKER = "BatchSpanProcessor_WorkerThread";

    private static final TextMapGetter<Exchange> HEADERS = new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable Exchange exchange, String name) {
            return exchange == null ? null : exchange.clientHeader(name);
        }
    };

    private final @Nullable SdkTracerProvider own;
    private final List<Sending> sendings;
    private final Set<Thread> workers;
    private final Tracer tracer;
    private final Headers headers;
    private final @Nullable LangfuseSpans langfuse;
    private final @Nullable SpanContents contents;
    private volatile @Nullable CompletableResultCode ending;

    private Traces(
            @Nullable SdkTracerProvider own,
            List<Sending> sendings,
            Set<Thread> workers,
            Tracer tracer,
            Headers headers,
            @Nullable LangfuseSpans langfuse,
            @Nullable SpanContents contents) {
        this.own = own;
        this.sendings = sendings;
        this.workers = workers;
        this.tracer = tracer;
        this.headers = headers;
        this.langfuse = langfuse;
        this.contents = contents;
    }

    /**
     * Begins to trace.
     *
     * @param otel where traces are sent; null for nowhere
     * @param langfuse where generations are sent; null for nowhere
     */
    static Traces start(
            @Nullable OtelConfig otel,
            @Nullable LangfuseConfig langfuse,
            Set<Secret> secrets,
            String version,
            Exports collector,
            Exports generations) {
        Headers headers = headers(otel);
        // Agents take the place of get() alone: to them isSet() is unknown.
        TracerProvider agent = GlobalOpenTelemetry.get().getTracerProvider();
        if (langfuse == null && agent != TracerProvider.noop()) {
            LOG.info("traces are sent to the OpenTelemetry agent of this process");
            return new Traces(null, List.of(), Set.of(), agent.get(Service.SCOPE, version), headers, null, null);
        }
        Set<Thread> others = running();
        double ratio = otel == null ? 0 : otel.sampleRatio();
        SdkTracerProviderBuilder provider = SdkTracerProvider.builder()
                .setResource(Service.resource(otel == null ? "llmproxy" : otel.serviceName(), version))
                .setSampler(new NotedSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio))));
        List<Sending> sendings = new ArrayList<>();
        if (otel != null) {
            Collector place = Collector.of(otel);
            Sending sending = Sending.to(place.endpoint("traces"), place.headers(), collector);
            sendings.add(sending);
            provider.addSpanProcessor(sending.of(NotableSpans::isNotable, null));
            LOG.info("traces are sent to {}", otel.endpoint());
        }
        LangfuseSpans told = langfuse == null ? null : new LangfuseSpans(langfuse);
        SpanContents contents = null;
        if (told != null) {
            contents = told.contents(secrets);
            Sending sending = Sending.to(told.endpoint(), told.headers(), generations);
            sendings.add(sending);
            provider.addSpanProcessor(sending.of(span -> told.isWanted(span.getSpanContext()), contents));
            LOG.info("LLM calls are sent to Langfuse at {}", told.endpoint());
        }
        SdkTracerProvider own = provider.build();
        Set<Thread> workers = running();
        workers.removeAll(others);
        Tracer tracer = own.get(Service.SCOPE, version);
        return new Traces(own, List.copyOf(sendings), workers, tracer, headers, told, contents);
    }

    private static Headers headers(@Nullable OtelConfig otel) {
        if (otel == null) {
            return Headers.CLIENTS;
        }
        return otel.propagate() ? Headers.OURS : Headers.NONE;
    }

    /** Where spans are sent, and those that wait for it. */
    private record Sending(SpanExporter exporter, Exports exports, WaitingSpans waiting) {
        static Sending to(String endpoint, Map<String, String> headers, Exports exports) {
            OtlpHttpSpanExporterBuilder exporter = OtlpHttpSpanExporter.builder()
                    .setEndpoint(endpoint)
                    .setCompression("gzip")
                    .setTimeout(TIMEOUT)
                    .setConnectTimeout(CONNECT_TIMEOUT)
                    .setComponentLoader(new PlainSender.Loader(exports));
            headers.forEach(exporter::addHeader);
            return new Sending(exporter.build(), exports, new WaitingSpans(exports));
        }

        SpanProcessor of(Predicate<ReadableSpan> wanted, @Nullable SpanContents contents) {
            SpanExporter counted = new CountedExporter(exporter, exports, waiting);
            SpanExporter last = contents == null ? counted : new ContentExporter(counted, contents);
            SpanProcessor batches = BatchSpanProcessor.builder(last)
                    .setMaxQueueSize(WaitingSpans.MOST)
                    .setMaxExportBatchSize(BATCH)
                    .setExporterTimeout(TIMEOUT)
                    .setScheduleDelay(Duration.ofSeconds(1))
                    .setExportUnsampledSpans(true)
                    .build();
            return new NotableSpans(batches, waiting, wanted, contents == null ? span -> {} : contents::drop);
        }

        /** Ends what is being sent, and sends nothing more. */
        void breakOff() {
            var unused = exporter.shutdown();
        }
    }

    /** A broken header is as none: a trace begins. */
    Trace begin(Exchange exchange) {
        Context parent = own == null
                ? Context.current()
                : W3CTraceContextPropagator.getInstance().extract(Context.root(), exchange, HEADERS);
        Span span = tracer.spanBuilder(
                        exchange.method() + " " + exchange.endpoint().label())
                .setParent(parent)
                .setSpanKind(own == null ? SpanKind.INTERNAL : SpanKind.SERVER)
                .startSpan();
        // What is not sent need not be kept.
        boolean isTold = langfuse != null && contents != null && langfuse.isWanted(span.getSpanContext());
        return new ExchangeTrace(tracer, span, headers, langfuse, isTold ? contents : null);
    }

    /** Sends no prompt or answer with any of these secrets in it, from now on. */
    void hide(Set<Secret> secrets) {
        if (contents != null) {
            contents.hide(secrets);
        }
    }

    /** Begins no more; what has ended is still sent, without anything that waits for it. */
    void end() {
        if (own != null) {
            ending = own.shutdown();
        }
    }

    /** Sends no more. The library closes what sends only when all is sent, which a collector that hangs can put off. */
    void breakOff() {
        CompletableResultCode last = ending;
        if (last == null || !last.isDone()) {
            sendings.forEach(Sending::breakOff);
        }
    }

    /** Ends, and waits a moment for what has ended to be sent. Nothing is left behind. */
    @Override
    public void close() {
        if (ending == null) {
            end();
        }
        CompletableResultCode last = ending;
        if (last != null) {
            last.join(CLOSE_SECONDS, TimeUnit.SECONDS);
            breakOff();
            workers.forEach(Traces::await);
            sendings.forEach(sending -> sending.waiting().abandon());
        }
    }

    /** The library's threads wait for their next batch before they see that they are to end. */
    private static void await(Thread worker) {
        try {
            worker.join(TimeUnit.SECONDS.toMillis(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Set<Thread> running() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(WORKER))
                .collect(Collectors.toSet());
    }
}
