package io.llmproxy.telemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;

/** Counts what another exporter gets rid of. */
final class CountedExporter implements SpanExporter {
    private final SpanExporter exporter;
    private final Exports exports;
    private final WaitingSpans waiting;

    CountedExporter(SpanExporter exporter, Exports exports, WaitingSpans waiting) {
        this.exporter = exporter;
        this.exports = exports;
        this.waiting = waiting;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int count = spans.size();
        waiting.taken(count);
        CompletableResultCode result = exporter.export(spans);
        return result.whenComplete(() -> exports.ended(count, result.isSuccess()));
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
