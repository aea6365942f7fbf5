package io.llmproxy.protocol;

import java.nio.charset.StandardCharsets;
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
    private static final Signs CHAT =
            new Signs(List.of("\ndata:[DONE]", "\"finish_reason\":\""), List.of("\"error\":{"));
    private static final Signs MESSAGES =
            new Signs(List.of("\"type\":\"message_stop\""), List.of("\"type\":\"error\""));
    private static final Signs RESPONSES = new Signs(
            List.of("\"type\":\"response.completed\"", "\"type\":\"response.incomplete\""),
            List.of("\"type\":\"response.failed\"", "\"type\":\"error\""));
    private static final Signs GEMINI =
            new Signs(List.of("\"finishReason\":\"", "\"blockReason\":\""), List.of("\"error\":{"));
    private static final Signs NONE = new Signs(List.of(), List.of());

    private final Sign[] completions;
    private final Sign[] failures;
    private boolean seen;
    private boolean failed;

    private StreamEnd(Signs signs) {
        this.completions = signs.completions.stream().map(Sign::new).toArray(Sign[]::new);
        this.failures = signs.failures.stream().map(Sign::new).toArray(Sign[]::new);
        this.seen = completions.length == 0;
        // The stream begins with a line.
        scan(new byte[] {'\n'}, 0, 1);
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

    private static Signs signs(StreamApi api) {
        return switch (api) {
            case CHAT -> CHAT;
            case MESSAGES -> MESSAGES;
            case RESPONSES -> RESPONSES;
            case GEMINI -> GEMINI;
        };
    }

    /** Takes note of the next piece of the stream. */
    public void scan(byte[] bytes, int offset, int length) {
        for (int index = offset; index < offset + length && !seen; index++) {
            byte next = bytes[index] == '\r' ? (byte) '\n' : bytes[index];
            if (next != ' ') {
                failed = anyEndsWith(next, failures);
                seen = anyEndsWith(next, completions) || failed;
            }
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

    private static boolean anyEndsWith(byte next, Sign[] signs) {
        boolean any = false;
        for (Sign sign : signs) {
            any |= sign.endsWith(next);
        }
        return any;
    }

    /** What tells that an answer is complete, and what tells that it has failed. */
    private record Signs(List<String> completions, List<String> failures) {}

    /** One sign, searched for byte by byte as Knuth, Morris and Pratt do (1977). */
    private static final class Sign {
        private final byte[] text;
        private final int[] borders;
        private int matched;

        Sign(String text) {
            this.text = text.getBytes(StandardCharsets.US_ASCII);
            this.borders = borders(this.text);
        }

        /** Whether the sign ends with this byte. */
        boolean endsWith(byte next) {
            while (matched > 0 && text[matched] != next) {
                matched = borders[matched - 1];
            }
            if (text[matched] == next) {
                matched++;
            }
            if (matched < text.length) {
                return false;
            }
            matched = borders[matched - 1];
            return true;
        }

        /** For each prefix, the length of its longest proper prefix that is also its end. */
        private static int[] borders(byte[] text) {
            int[] borders = new int[text.length];
            for (int i = 1, border = 0; i < text.length; i++) {
                while (border > 0 && text[i] != text[border]) {
                    border = borders[border - 1];
                }
                border += text[i] == text[border] ? 1 : 0;
                borders[i] = border;
            }
            return borders;
        }
    }
}
