package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** A copy of bytes that come in pieces, as long as they are not too many. */
final class Capture {
    private final int limit;

    private byte[] bytes;
    private int length;
    private boolean over;

    Capture(int limit) {
        this.limit = limit;
        this.bytes = new byte[Math.min(limit, 64)];
    }

    void clear() {
        length = 0;
        over = false;
    }

    /** Takes a piece; nothing more is kept once there is more than the limit. */
    void add(byte[] source, int from, int to) {
        int count = to - from;
        over |= count > limit - length;
        if (over) {
            return;
        }
        if (count > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.min(limit, Math.max(2 * bytes.length, length + count)));
        }
        System.arraycopy(source, from, bytes, length, count);
        length += count;
    }

    /** Whether there was more than the limit. */
    boolean isOver() {
        return over;
    }

    int length() {
        return length;
    }

    /** The first byte; 0 if there is none. */
    byte first() {
        return length == 0 ? 0 : bytes[0];
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    /** Whether the bytes are the inside of the JSON string that means a word of ASCII. */
    boolean isJsonFor(String word) {
        if (over) {
            return false;
        }
        for (int index = 0; index < length; index++) {
            if (bytes[index] == '\\') {
                return asJson().equals(word);
            }
            if (index == word.length() || bytes[index] != word.charAt(index)) {
                return false;
            }
        }
        return length == word.length();
    }

    /** Whether the bytes are the inside of the JSON string that means a word of ASCII, in capital or small letters. */
    boolean isJsonIgnoringCaseFor(String word) {
        if (over) {
            return false;
        }
        for (int index = 0; index < length; index++) {
            if (bytes[index] == '\\') {
                return asJson().equalsIgnoreCase(word);
            }
            if (index == word.length() || small(bytes[index]) != small(word.charAt(index))) {
                return false;
            }
        }
        return length == word.length();
    }

    private static int small(int c) {
        return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
    }

    /** Returns what the bytes mean as the inside of a JSON string, which they have to be. */
    String asJson() {
        return JsonText.unescape(new String(bytes, 0, length, UTF_8));
    }
}
