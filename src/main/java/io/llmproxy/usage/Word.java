package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A short text, collected piece by piece from the inside of a JSON string. */
final class Word {
    private static final int LONGEST = 128;
    private static final int USUAL = 32;

    private static final byte[] NONE = {};

    private byte[] bytes = NONE;
    private int length;

    void clear() {
        length = 0;
    }

    boolean isEmpty() {
        return length == 0;
    }

    void add(byte[] source, int from, int to) {
        int count = Math.min(to - from, LONGEST - length);
        if (count > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, length + count <= USUAL ? USUAL : LONGEST);
        }
        System.arraycopy(source, from, bytes, length, count);
        length += count;
    }

    void set(Word other) {
        clear();
        add(other.bytes, 0, other.length);
    }

    /** Whether it is a word of ASCII. */
    boolean is(String capitals) {
        return length == capitals.length() && has(capitals, 0);
    }

    /** Whether it begins with a word of ASCII. */
    boolean startsWith(String ascii) {
        return length >= ascii.length() && has(ascii, 0);
    }

    /** Whether it ends with a word of ASCII. */
    boolean endsWith(String ascii) {
        return length >= ascii.length() && has(ascii, length - ascii.length());
    }

    private boolean has(String ascii, int from) {
        for (int at = 0; at < ascii.length(); at++) {
            if (bytes[from + at] != ascii.charAt(at)) {
                return false;
            }
        }
        return true;
    }

    /** Returns the text; null if there is none, or it is longer or stranger than a name is. */
    @Nullable String text() {
        if (length == 0 || length == LONGEST) {
            return null;
        }
        String text = new String(bytes, 0, length, UTF_8).replace("\\/", "/");
        return text.indexOf('\\') < 0 ? text : null;
    }
}
