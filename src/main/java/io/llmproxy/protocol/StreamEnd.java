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
    private static final List<String> CHAT = List.of("\ndata:[DONE]", "\"finish_reason\":\"", "\"error\":{");
    private static final List<String> MESSAGES = List.of("\"type\":\"message_stop\"", "\"type\":\"error\"");
    private static final List<String> RESPONSES = List.of(
            "\"type\":\"response.completed\"",
            "\"type\":\"response.failed\"",
            "\"type\":\"response.incomplete\"",
            "\"type\":\"error\"");
    private static final List<String> GEMINI = List.of("\"finishReason\":\"", "\"blockReason\":\"", "\"error\":{");

    private final Sign[] signs;
    private boolean seen;

    private StreamEnd(List<String> signs) {
        this.signs = signs.stream().map(Sign::new).toArray(Sign[]::new);
        this.seen = signs.isEmpty();
        // The stream begins with a line.
        scan(new byte[] {'\n'}, 0, 1);
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param path the request's path; streams of unknown paths are complete when they are closed
     */
    public static StreamEnd of(String path) {
        String known = ApiPath.of(path);
        if (known.equals("/v1/chat/completions") || known.equals("/v1/completions")) {
            return new StreamEnd(CHAT);
        }
        if (known.equals("/v1/messages")) {
            return new StreamEnd(MESSAGES);
        }
        if (known.equals("/v1/responses")) {
            return new StreamEnd(RESPONSES);
        }
        return new StreamEnd(known.endsWith(":streamGenerateContent") ? GEMINI : List.of());
    }

    /** Takes note of the next piece of the stream. */
    public void scan(byte[] bytes, int offset, int length) {
        for (int index = offset; index < offset + length && !seen; index++) {
            byte next = bytes[index] == '\r' ? (byte) '\n' : bytes[index];
            if (next != ' ') {
                for (Sign sign : signs) {
                    seen |= sign.endsWith(next);
                }
            }
        }
    }

    /** Whether the answer is complete, or the stream itself says that it has failed. */
    public boolean seen() {
        return seen;
    }

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
