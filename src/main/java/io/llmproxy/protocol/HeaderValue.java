package io.llmproxy.protocol;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A header's value that may have parameters, such as {@code form-data; name="a"}. It is read strictly: what parsers
 * disagree on is not read at all.
 */
final class HeaderValue {
    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    private final String type;
    private final Map<String, String> parameters;

    private HeaderValue(String type, Map<String, String> parameters) {
        this.type = type;
        this.parameters = parameters;
    }

    /** Returns what a text means, or null if it is no such value or has a parameter twice. */
    static @Nullable HeaderValue parse(String text) {
        int semicolon = text.indexOf(';');
        String type = (semicolon < 0 ? text : text.substring(0, semicolon)).strip();
        Map<String, String> parameters = new HashMap<>();
        int at = semicolon < 0 ? text.length() : semicolon;
        while (at >= 0 && at < text.length()) {
            at = parameter(text, afterSpaces(text, at + 1), parameters);
        }
        return at < 0 ? null : new HeaderValue(type.toLowerCase(Locale.ROOT), parameters);
    }

    /** What stands before the parameters, in lower case. */
    String type() {
        return type;
    }

    /**
     * Returns a parameter, without quotes but with the backslashes that are in it, or null if there is none of the name.
     *
     * @param name the name in lower case
     */
    @Nullable String parameter(String name) {
        return parameters.get(name);
    }

    /** Reads a parameter. Returns the index of the semicolon behind it, or of the end, or -1 if there is a mistake. */
    private static int parameter(String text, int from, Map<String, String> parameters) {
        int equals = tokenEnd(text, from);
        if (equals == from) {
            // A semicolon at the very end is common.
            return from == text.length() ? from : -1;
        }
        if (equals == text.length() || text.charAt(equals) != '=') {
            return -1;
        }
        int start = equals + 1;
        boolean quoted = start < text.length() && text.charAt(start) == '"';
        int end = quoted ? quotedEnd(text, start) : tokenEnd(text, start);
        if (end <= start) {
            return -1;
        }
        String value = quoted ? text.substring(start + 1, end - 1) : text.substring(start, end);
        String name = text.substring(from, equals).toLowerCase(Locale.ROOT);
        int next = afterSpaces(text, end);
        boolean good = next == text.length() || text.charAt(next) == ';';
        return good && parameters.put(name, value) == null ? next : -1;
    }

    private static int afterSpaces(String text, int from) {
        int at = from;
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
        return at;
    }

    private static int tokenEnd(String text, int from) {
        int at = from;
        while (at < text.length() && isTokenPart(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static boolean isTokenPart(char c) {
        return (c >= '0' && c <= '9')
                || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || TOKEN_MARKS.indexOf(c) >= 0;
    }

    /** The index behind the last quote, or -1 if there is none. */
    private static int quotedEnd(String text, int start) {
        for (int at = start + 1; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                return at + 1;
            }
            if (c == '\\') {
                at++;
            }
        }
        return -1;
    }
}
