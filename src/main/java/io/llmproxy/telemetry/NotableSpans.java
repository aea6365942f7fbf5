package io.llmproxy.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Hands on the spans that are worth it, as long as there is room. */
final class NotableSpans implements SpanProcessor {
    private final SpanProcessor next;
    private final WaitingSpans waiting;
    private final Predicate<ReadableSpan> wanted;
    private final Consumer<ReadableSpan> unsent;

    /**
     * @param wanted which spans are handed on
     * @param unsent is told of those that are not
     */
    NotableSpans(
            SpanProcessor next, WaitingSpans waiting, Predicate<ReadableSpan> wanted, Consumer<ReadableSpan> unsent) {
        this.next = next;
        this.wanted = wanted;
        this.waiting = waiting;
        this.unsent = unsent;
    }

    /** Whether a span is sampled, or failed. */
    static boolean isNotable(ReadableSpan span) {
        return span.getSpanContext().isSampled() || span.getAttribute(ExchangeTrace.ERROR_TYPE) != null;
    }

    /** Whether the trace of a span is in a share of all. */
    static boolean isIn(Sampler share, SpanContext span) {
        String trace = span.getTraceId();
        return share.shouldSample(Context.root(), trace, "", SpanKind.INTERNAL, Attributes.empty(), List.of())
                        .getDecision()
                == SamplingDecision.RECORD_AND_SAMPLE;
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (wanted.test(span) && waiting.enter()) {
            next.onEnd(span);
        } else {
            unsent.accept(span);
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    @Override
    public CompletableResultCode shutdown() {
        // From here on the library drops what ends, without a word.
        waiting.close();
        return next.shutdown();
    }

    @Override
    public CompletableResultCode forceFlush() {
        return next.forceFlush();
    }
}
