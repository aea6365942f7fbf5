package io.llmproxy.telemetry;

import io.llmproxy.capture.Contents;
import io.llmproxy.capture.Recorded;
import io.llmproxy.capture.Said;
import io.llmproxy.config.Secret;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.data.DelegatingSpanData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What was asked and answered, of each span that has ended until it is sent. It is made legible only then, by the thread that sends, so
 * that no request waits for it.
 */
final class SpanContents {
    static final AttributeKey<String> INPUT = AttributeKey.stringKey("langfuse.observation.input");
    static final AttributeKey<String> OUTPUT = AttributeKey.stringKey("langfuse.observation.output");
    static final AttributeKey<String> PARAMETERS = AttributeKey.stringKey("langfuse.observation.model.parameters");

    private final Contents contents;
    private final Map<String, Recorded> waiting = new ConcurrentHashMap<>();

    SpanContents(Contents contents) {
        this.contents = contents;
    }

    /** A span with the attributes that say what was asked and answered. */
    static final class Filled extends DelegatingSpanData {
        private final Attributes attributes;
        private final int length;

        private Filled(SpanData span, Said said) {
            super(span);
            AttributesBuilder all = span.getAttributes().toBuilder();
            put(all, INPUT, said.prompt());
            put(all, OUTPUT, said.answer());
            put(all, PARAMETERS, said.parameters());
            attributes = all.build();
            length = said.length();
        }

        private static void put(AttributesBuilder all, AttributeKey<String> name, @Nullable String value) {
            if (value != null) {
                all.put(name, value);
            }
        }

        @Override
        public Attributes getAttributes() {
            return attributes;
        }

        @Override
        public int getTotalAttributeCount() {
            return attributes.size();
        }

        /** How many characters were added. */
        int length() {
            return length;
        }
    }

    /** Hides other secrets from now on. */
    void hide(Set<Secret> secrets) {
        contents.hide(secrets);
    }

    /** Keeps what is asked and answered in an exchange or an attempt that begins. */
    Recorded begin() {
        return contents.begin();
    }

    /** A span is about to end. */
    void ended(String span, Recorded recorded) {
        recorded.close();
        waiting.put(span, recorded);
    }

    /** A span is not sent. */
    void drop(ReadableSpan span) {
        Recorded recorded = waiting.remove(span.getSpanContext().getSpanId());
        if (recorded != null) {
            recorded.discard();
        }
    }

    /** Returns a span with what was asked and answered; null if nothing is known of that. */
    @Nullable Filled fill(SpanData span) {
        Recorded recorded = waiting.remove(span.getSpanId());
        return recorded == null ? null : new Filled(span, contents.read(recorded));
    }
}
