package io.llmproxy.protocol;

import java.util.List;

/**
 * Watches an event stream pass by for the sign that its answer is complete. A connection that is closed in order says
 * nothing: a server that dies, or a proxy before it, may close one in the middle of an answer.
 *
 * <p>The signs are looked for in the raw bytes, less the spaces. Each has a quotation mark in it, or stands at the start
 * of a line, and so cannot be part of what a model says: within a JSON string both would be escaped. Not safe for use by
 * several threads at once.
 */
public final class StreamEnd {
    private static final SignTable CHAT =
            SignTable.of(List.of("\ndata:[DONE]", "\"finish_reason\":\""), List.of("\"error\":{"));
    private static final SignTable MESSAGES =
            SignTable.of(List.of("\"type\":\"message_stop\""), List.of("\"type\":\"error\""));
    private static final SignTable RESPONSES = SignTable.of(
            List.of("\"type\":\"response.completed\"", "\"type\":\"response.incomplete\""),
            List.of("\"type\":\"response.failed\"", "\"type\":\"error\""));
    private static final SignTable GEMINI =
            SignTable.of(List.of("\"finishReason\":\"", "\"blockReason\":\""), List.of("\"error\":{"));
    private static final SignTable NONE = SignTable.of(List.of(), List.of());

    private final SignTable table;
    private int state;
    private boolean seen;
    private boolean failed;

    private StreamEnd(SignTable table) {
        this.table = table;
        this.seen = table.isEmpty();
        // The stream begins with a line.
        this.state = table.next(SignTable.START, (byte) '\n');
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param path the request's path; streams of unknown paths are complete when they are closed
     */
    public static StreamEnd of(String path) {
        StreamApi api = StreamApi.of(path);
        return new StreamEnd(api == null ? NONE : signs(api));
    }

    private static SignTable signs(StreamApi api) {
        return switch (api) {
            case CHAT -> CHAT;
            case MESSAGES -> MESSAGES;
            case RESPONSES -> RESPONSES;
            case GEMINI -> GEMINI;
        };
    }

    /** Takes note of the next piece of the stream. */
    public void scan(byte[] bytes, int offset, int length) {
        if (!seen) {
            state = table.scan(state, bytes, offset, offset + length);
            seen = table.isLast(state);
            failed = table.isFailure(state);
        }
    }

    /** Whether the answer is complete, or the stream itself says that it has failed. */
    public boolean seen() {
        return seen;
    }

    /** Whether the stream itself says that it has failed, before it said that the answer is complete. */
    public boolean failed() {
        return failed;
    }
}
