package io.llmproxy.proxy;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides which paths and queries are let through. Container, proxy and upstream may each read an odd path in their own
 * way; what they could disagree on is refused, so that the path that was checked is the path that is served.
 */
final class RequestTarget {
    private static final String SEGMENT_END = "/;";

    private RequestTarget() {}

    /** Several slashes at the beginning would be read as a host name; they count as one. */
    static String withoutLeadingSlashes(String path) {
        int first = 0;
        while (first + 1 < path.length() && path.charAt(first) == '/' && path.charAt(first + 1) == '/') {
            first++;
        }
        return path.substring(first);
    }

    static boolean isAllowed(String path, @Nullable String query) {
        return path.startsWith("/")
                && isPrintable(path)
                && (query == null || isPrintable(query))
                && isUnambiguous(path);
    }

    private static boolean isPrintable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 0x7f) {
                return false;
            }
        }
        return true;
    }

    /** Whether no escape hides a delimiter and no segment means another directory. */
    private static boolean isUnambiguous(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\' || (c == '%' && !isHarmlessEscape(path, i)) || (c == '/' && isDotSegment(path, i + 1))) {
                return false;
            }
        }
        return true;
    }

    /** Whether the escape stands for a character that no parser treats as a delimiter, and is not escaped twice. */
    private static boolean isHarmlessEscape(String path, int at) {
        int code = escaped(path, at);
        if (code == '%') {
            int twice = at + 5 <= path.length() ? hex(path, at + 3) : -1;
            return twice < 0;
        }
        return code > ' ' - 1 && code != '/' && code != '\\' && code != 0x7f;
    }

    private static int escaped(String path, int at) {
        return at + 3 <= path.length() ? hex(path, at + 1) : -1;
    }

    private static int hex(String path, int at) {
        int high = Character.digit(path.charAt(at), 16);
        int low = Character.digit(path.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    /** Whether the segment that starts at an index is {@code .} or {@code ..}, escaped or with parameters. */
    private static boolean isDotSegment(String path, int start) {
        int end = start;
        while (end < path.length() && SEGMENT_END.indexOf(path.charAt(end)) < 0) {
            end++;
        }
        if (end == start || end - start > 6) {
            return false;
        }
        String segment = path.substring(start, end).toLowerCase(Locale.ROOT).replace("%2e", ".");
        return segment.equals(".") || segment.equals("..");
    }
}
