package io.llmproxy.convert;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** One segment of a path, in which a client's words cannot become another path. */
final class PathSegment {
    /** All that RFC 3986 does not reserve, and what is common in names of models and harmless in a segment. */
    private static final String PLAIN = "-._~:@";

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private PathSegment() {}

    /** Returns the segment with all other characters escaped, slashes too. */
    static String encode(String text) {
        StringBuilder segment = new StringBuilder(text.length());
        for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (next & 0xff);
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0);
            if (plain) {
                segment.append(c);
            } else {
                segment.append('%').append(HEX.toHexDigits(next));
            }
        }
        return segment.toString();
    }
}
