package io.llmproxy.protocol;

import java.util.HexFormat;

/** Strings as JSON writes them. */
final class JsonText {
    private static final HexFormat HEX = HexFormat.of();
    private static final char REPLACEMENT = '\uFFFD';

    private JsonText() {}

    /**
     * Returns a text as a JSON string with its quotes. Control characters are escaped, those too that JSON would allow,
     * as they drive terminals. A surrogate without its partner cannot be written in UTF-8 and is replaced by U+FFFD.
     *
     * @see <a href="https://www.rfc-editor.org/rfc/rfc8259#section-7">RFC 8259, section 7</a>
     */
    static String quote(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        int index = 0;
        while (index < text.length()) {
            int point = text.codePointAt(index);
            append(json, point);
            index += Character.charCount(point);
        }
        return json.append('"').toString();
    }

    /**
     * Returns what the inside of a JSON string means.
     *
     * @param json the text between the quotes, whose escapes are known to be good
     */
    static String unescape(String json) {
        int escape = json.indexOf('\\');
        if (escape < 0) {
            return json;
        }
        StringBuilder text = new StringBuilder(json.length());
        int from = 0;
        while (escape >= 0) {
            text.append(json, from, escape);
            char kind = json.charAt(escape + 1);
            from = escape + (kind == 'u' ? 6 : 2);
            text.append(kind == 'u' ? (char) HexFormat.fromHexDigits(json, escape + 2, from) : unescape(kind));
            escape = json.indexOf('\\', from);
        }
        return text.append(json, from, json.length()).toString();
    }

    private static char unescape(char kind) {
        return switch (kind) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> kind;
        };
    }

    private static void append(StringBuilder json, int point) {
        if (point == '"' || point == '\\') {
            json.append('\\').append((char) point);
        } else if (Character.isISOControl(point)) {
            json.append("\\u").append(HEX.toHexDigits((short) point));
        } else if (Character.getType(point) == Character.SURROGATE) {
            json.append(REPLACEMENT);
        } else {
            json.appendCodePoint(point);
        }
    }
}
