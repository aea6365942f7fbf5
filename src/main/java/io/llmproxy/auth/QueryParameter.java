package io.llmproxy.auth;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The parameter of a query that shows a key, however it is escaped: the upstream resolves escapes, too. */
final class QueryParameter {
    private static final String NAME = "key";

    private QueryParameter() {}

    /** Whether it is worth while to look at the query's parameters. */
    static boolean mayHold(String query) {
        return query.contains(NAME) || query.indexOf('%') >= 0;
    }

    static boolean isKey(String parameter) {
        int end = parameter.indexOf('=');
        return decode(end < 0 ? parameter : parameter.substring(0, end)).equals(NAME);
    }

    /** What stands behind the name. A plus stays one: no key has a space. */
    static String value(String parameter) {
        int end = parameter.indexOf('=');
        return end < 0 ? "" : decode(parameter.substring(end + 1));
    }

    private static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            int escaped = text.charAt(i) == '%' ? hex(text, i + 1) : -1;
            if (escaped >= 0) {
                bytes.write(escaped);
                i += 2;
            } else {
                bytes.write(text.charAt(i));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static int hex(String text, int at) {
        if (at + 2 > text.length()) {
            return -1;
        }
        int high = Character.digit(text.charAt(at), 16);
        int low = Character.digit(text.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }
}
