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
        text.codePoints().forEach(point -> append(json, point));
        return json.append('"').toString();
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
