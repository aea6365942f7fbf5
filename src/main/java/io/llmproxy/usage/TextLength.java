package io.llmproxy.usage;

/** Counts the bytes that the inside of a JSON string amounts to as UTF-8, piece by piece, and keeps none of them. */
final class TextLength {
    private static final int HEX_DIGITS = 4;

    private long bytes;
    private boolean escaped;
    /** How many digits of an escape by number are still to come. */
    private int due;

    private int unit;

    void begin() {
        bytes = 0;
        escaped = false;
        due = 0;
    }

    long bytes() {
        return bytes;
    }

    void add(byte[] source, int from, int to) {
        int at = from;
        while (at < to) {
            if (escaped) {
                escape(source[at]);
                at++;
            } else {
                int end = plainEnd(source, at, to);
                bytes += end - at;
                escaped = end < to;
                at = end + 1;
            }
        }
    }

    private static int plainEnd(byte[] source, int from, int to) {
        int at = from;
        while (at < to && source[at] != '\\') {
            at++;
        }
        return at;
    }

    private void escape(byte next) {
        if (due > 0) {
            unit = unit << 4 | Character.digit(next, 16);
            due--;
            if (due == 0) {
                escaped = false;
                bytes += length(unit);
            }
        } else if (next == 'u') {
            due = HEX_DIGITS;
            unit = 0;
        } else {
            escaped = false;
            bytes++;
        }
    }

    /** The first half of a pair counts for both. */
    private static int length(int unit) {
        if (unit < 0x80) {
            return 1;
        }
        if (unit < 0x800) {
            return 2;
        }
        if (Character.isSurrogate((char) unit)) {
            return Character.isHighSurrogate((char) unit) ? 4 : 0;
        }
        return 3;
    }
}
