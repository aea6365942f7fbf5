package io.llmproxy.telemetry;

import io.llmproxy.telemetry.SpanContents.Filled;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Adds to spans what was asked and answered, and hands them on in parts that are not too large for a server, or for memory: the thread that
 * sends waits for one part before it fills the next.
 */
final class ContentExporter implements SpanExporter {
    /** Characters. Langfuse takes 4.5 MB at once. */
    private static final int LARGEST = 1 << 20;

    /** The longest that one part takes before the next is sent. */
    private static final long PART_SECONDS = 10;

    private final SpanExporter next;
    private final SpanContents contents;

    ContentExporter(SpanExporter next, SpanContents contents) {
        this.next = next;
        this.contents = contents;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        List<CompletableResultCode> results = new ArrayList<>();
        List<SpanData> part = new ArrayList<>();
        int length = 0;
        for (SpanData span : spans) {
            Filled filled = contents.fill(span);
            int added = filled == null ? 0 : filled.length();
            if (!part.isEmpty() && length + added > LARGEST) {
                results.add(next.export(part).join(PART_SECONDS, TimeUnit.SECONDS));
                part = new ArrayList<>();
                length = 0;
            }
            part.add(filled == null ? span : filled);
            length += added;
        }
        results.add(next.export(part));
        return CompletableResultCode.ofAll(results);
    }

    @Override
    public CompletableResultCode flush() {
        return next.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return next.shutdown();
    }
}
