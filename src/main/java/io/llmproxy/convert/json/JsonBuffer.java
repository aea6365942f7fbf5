package io.llmproxy.convert.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;

/** Text in UTF-8 that grows at its end, and knows how JSON is written. Emptied, it keeps its memory. */
public final class JsonBuffer {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final char REPLACEMENT = '\uFFFD';
    /** An emptied buffer that has grown beyond this gives its memory back. */
    private static final int KEPT = 1 << 16;

    private final int initial;
    private byte[] bytes;
    private int size;

    /** Makes an empty one. */
    public JsonBuffer(int initial) {
        this.initial = initial;
        this.bytes = new byte[initial];
    }

    /** Returns how many bytes there are. */
    public int size() {
        return size;
    }

    /** Returns how many bytes of memory it takes. */
    public int capacity() {
        return bytes.length;
    }

    /** Returns the array that holds the text at its beginning. It is good until the next call. */
    public byte[] array() {
        return bytes;
    }

    /** Returns a copy of the text. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    @Override
    public String toString() {
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }

    /** Forgets the text. */
    public void clear() {
        size = 0;
        if (bytes.length > KEPT) {
            bytes = new byte[initial];
        }
    }

    /** Adds bytes as they are. */
    public JsonBuffer raw(byte[] more, int offset, int length) {
        reserve(length);
        System.arraycopy(more, offset, bytes, size, length);
        size += length;
        return this;
    }

    /** Adds bytes as they are. */
    public JsonBuffer raw(byte[] more) {
        return raw(more, 0, more.length);
    }

    /** Adds a text of ASCII as it is. */
    public JsonBuffer raw(String ascii) {
        int length = ascii.length();
        reserve(length);
        for (int index = 0; index < length; index++) {
            bytes[size++] = (byte) ascii.charAt(index);
        }
        return this;
    }

    /** Adds a byte as it is. */
    public JsonBuffer raw(char ascii) {
        reserve(1);
        bytes[size++] = (byte) ascii;
        return this;
    }

    /** Adds a whole number. */
    public JsonBuffer number(long value) {
        if (value >= 0 && value < 10) {
            return raw((char) ('0' + value));
        }
        return raw(Long.toString(value));
    }

    /** Adds a string with its quotes. */
    public JsonBuffer string(String text) {
        raw('"');
        inside(text);
        return raw('"');
    }

    /** Adds the inside of a string, escaped. A surrogate without its partner becomes U+FFFD. */
    public JsonBuffer inside(String text) {
        int length = text.length();
        reserve(length);
        int index = plain(text, length);
        while (index < length) {
            char next = text.charAt(index++);
            reserve(8);
            if (next < 0x80) {
                ascii(next);
            } else if (next < 0x800) {
                bytes[size++] = (byte) (0xC0 | next >> 6);
                bytes[size++] = (byte) (0x80 | (next & 0x3F));
            } else if (Character.isHighSurrogate(next)
                    && index < length
                    && Character.isLowSurrogate(text.charAt(index))) {
                pair(Character.toCodePoint(next, text.charAt(index++)));
            } else {
                three(Character.isSurrogate(next) ? REPLACEMENT : next);
            }
        }
        return this;
    }

    /** Adds a value. */
    public JsonBuffer value(Json json) {
        if (json instanceof Json.Obj object) {
            return object(object);
        }
        if (json instanceof Json.Arr array) {
            return array(array);
        }
        if (json instanceof Json.Str text) {
            return string(text.value());
        }
        if (json instanceof Json.Num number) {
            return raw(number.literal());
        }
        return raw(json == Json.Bool.TRUE ? TRUE : json == Json.Bool.FALSE ? FALSE : NULL);
    }

    private JsonBuffer object(Json.Obj object) {
        raw('{');
        Iterator<Map.Entry<String, Json>> members = object.members().entrySet().iterator();
        while (members.hasNext()) {
            Map.Entry<String, Json> member = members.next();
            string(member.getKey()).raw(':').value(member.getValue());
            if (members.hasNext()) {
                raw(',');
            }
        }
        return raw('}');
    }

    private JsonBuffer array(Json.Arr array) {
        raw('[');
        int count = array.items().size();
        for (int index = 0; index < count; index++) {
            if (index > 0) {
                raw(',');
            }
            value(array.items().get(index));
        }
        return raw(']');
    }

    /** Adds what needs no care from the beginning of a text, and returns where that ends. */
    private int plain(String text, int length) {
        int index = 0;
        while (index < length) {
            char next = text.charAt(index);
            if (next < ' ' || next >= 0x7F || next == '"' || next == '\\') {
                return index;
            }
            bytes[size++] = (byte) next;
            index++;
        }
        return index;
    }

    private void ascii(char next) {
        if (next == '"' || next == '\\') {
            bytes[size++] = '\\';
            bytes[size++] = (byte) next;
        } else if (next >= ' ' && next != 0x7F) {
            bytes[size++] = (byte) next;
        } else {
            escape(next);
        }
    }

    private void escape(char next) {
        bytes[size++] = '\\';
        switch (next) {
            case '\n' -> bytes[size++] = 'n';
            case '\r' -> bytes[size++] = 'r';
            case '\t' -> bytes[size++] = 't';
            default -> {
                bytes[size++] = 'u';
                bytes[size++] = '0';
                bytes[size++] = '0';
                bytes[size++] = HEX[next >> 4];
                bytes[size++] = HEX[next & 0xF];
            }
        }
    }

    private void three(char next) {
        bytes[size++] = (byte) (0xE0 | next >> 12);
        bytes[size++] = (byte) (0x80 | (next >> 6 & 0x3F));
        bytes[size++] = (byte) (0x80 | (next & 0x3F));
    }

    private void pair(int point) {
        bytes[size++] = (byte) (0xF0 | point >> 18);
        bytes[size++] = (byte) (0x80 | (point >> 12 & 0x3F));
        bytes[size++] = (byte) (0x80 | (point >> 6 & 0x3F));
        bytes[size++] = (byte) (0x80 | (point & 0x3F));
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
        }
    }
}
