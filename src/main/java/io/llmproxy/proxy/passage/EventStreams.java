package io.llmproxy.proxy.passage;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/** What an event stream looks like from outside. */
public final class EventStreams {
    /**
     * Tells a client that may have left, where even a comment would be taken for an answer, no more than that: the next
     * write fails if it has. Clients pass over blank lines between events.
     */
    public static final byte[] PROBE = "\n\n".getBytes(StandardCharsets.US_ASCII);

    private EventStreams() {}

    /** Returns the event with an end for the one that was broken off before it. */
    public static byte[] onNewLine(byte[] event) {
        byte[] whole = new byte[event.length + 2];
        whole[0] = '\n';
        whole[1] = '\n';
        System.arraycopy(event, 0, whole, 2, event.length);
        return whole;
    }

    public static boolean isEventStream(HttpFields headers) {
        return isEventStream(headers.get("Content-Type"));
    }

    public static boolean isEventStream(@Nullable String contentType) {
        return contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
    }
}
