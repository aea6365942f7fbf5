package io.llmproxy.proxy.request;

import io.llmproxy.protocol.ModelPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request: as it is passed on, and what it means. Servers take many spellings for the same path, each server
 * others; so whatever is decided by the path is decided by its meaning, which all of its spellings have in common.
 *
 * @param written as the client wrote it, but that several slashes in a row count as one
 * @param meant without escapes that stand for letters, digits, or one of {@code -._~}, without parameters, without a slash
 *     at the end, and with the slashes of a model's name escaped
 */
public record RequestPath(String written, String meant) {
    private static final String ROOT = "/";

    /** Reads a path as it came; there is none in a request such as {@code CONNECT}. */
    public static RequestPath of(@Nullable String path) {
        String written = withSingleSlashes(path == null ? "" : path);
        return new RequestPath(written, meaning(written));
    }

    private static String withSingleSlashes(String path) {
        int twice = path.indexOf("//");
        if (twice < 0) {
            return path;
        }
        StringBuilder single = new StringBuilder(path.length()).append(path, 0, twice);
        for (int i = twice; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c != '/' || i == twice || path.charAt(i - 1) != '/') {
                single.append(c);
            }
        }
        return single.toString();
    }

    private static String meaning(String written) {
        String plain = written.indexOf('%') < 0 && written.indexOf(';') < 0 ? written : unescaped(written);
        int end = plain.length();
        while (end > 1 && plain.charAt(end - 1) == '/') {
            end--;
        }
        return ModelPath.inOneSegment(plain.substring(0, end));
    }

    private static String unescaped(String written) {
        StringBuilder plain = new StringBuilder(written.length());
        boolean parameter = false;
        for (int i = 0; i < written.length(); i++) {
            char c = written.charAt(i);
            parameter = c == ';' || (parameter && c != '/');
            if (parameter) {
                continue;
            }
            int code = c == '%' ? RequestTarget.escaped(written, i) : -1;
            if (code < 0) {
                plain.append(c);
            } else {
                if (isUnreserved(code)) {
                    plain.append((char) code);
                } else {
                    plain.append(written.substring(i, i + 3).toUpperCase(Locale.ROOT));
                }
                i += 2;
            }
        }
        return plain.toString();
    }

    private static boolean isUnreserved(int code) {
        return (code >= 'a' && code <= 'z')
                || (code >= 'A' && code <= 'Z')
                || (code >= '0' && code <= '9')
                || (code < 0x80 && "-._~".indexOf(code) >= 0);
    }

    /** Returns what follows some segments at the beginning. */
    public RequestPath without(int segments) {
        return segments == 0 ? this : of(following(written, segments));
    }

    /** Returns the path whose meaning is the end of this one's. */
    public RequestPath endingWith(String end) {
        return without(segments(meant) - segments(end));
    }

    private static String following(String path, int segments) {
        int at = 0;
        for (int left = segments; left > 0 && at >= 0; left--) {
            at = path.indexOf('/', at + 1);
        }
        return at < 0 ? ROOT : path.substring(at);
    }

    /** How many segments a path has; the root has none. */
    public static int segments(String path) {
        int count = 0;
        for (int at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
            count++;
        }
        return path.equals(ROOT) ? 0 : count;
    }

    /** Returns the first segment of its meaning. */
    public String first() {
        int end = meant.indexOf('/', 1);
        return meant.substring(Math.min(1, meant.length()), end < 0 ? meant.length() : end);
    }

    /**
     * Returns all that rules may have to say of it: its meaning first; where a model's name has slashes, also with each part
     * in a segment of its own; where it has a slash at the end, also with that.
     */
    public List<String> readings() {
        String apart = ModelPath.inSegments(meant);
        boolean slash = written.length() > 1 && written.endsWith(ROOT);
        if (!slash && apart.equals(meant)) {
            return List.of(meant);
        }
        List<String> readings = new ArrayList<>(4);
        readings.add(meant);
        if (!apart.equals(meant)) {
            readings.add(apart);
        }
        if (slash) {
            List.copyOf(readings).forEach(reading -> readings.add(reading + ROOT));
        }
        return readings;
    }
}
