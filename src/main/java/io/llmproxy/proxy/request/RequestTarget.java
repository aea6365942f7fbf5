package io.llmproxy.proxy.request;

import io.llmproxy.protocol.ModelPath;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Decides which paths and queries are let through. Container, proxy and upstream may each read an odd path in their own
 * way; what they could disagree on is refused, so that the path that was checked is the path that is served.
 */
public final class RequestTarget {
    /** What may stand in a path as it is, besides letters, digits and escapes (RFC 3986, section 3.3). */
    private static final String PATH_MARKS = "/-._~!$&'()*+,;=:@";

    private RequestTarget() {}

    public static boolean isAllowed(RequestPath path, @Nullable String query) {
        String written = path.written();
        return written.startsWith("/")
                && (query == null || (isPrintable(query) && hasWholeEscapes(query)))
                && isUnambiguous(written)
                && ModelPath.hasSlashesInModelOnly(path.meant())
                && (written.indexOf(';') < 0 || ModelPath.model(path.meant()) == null);
    }

    /** Whether a target, with its query, stays what it is in a line of a request. */
    public static boolean isWritable(String target) {
        return target.startsWith("/") && isPrintable(target);
    }

    /** What an escape in a query stands for is the upstream's business, but an escape it has to be. */
    private static boolean hasWholeEscapes(String query) {
        for (int at = query.indexOf('%'); at >= 0; at = query.indexOf('%', at + 1)) {
            if (escaped(query, at) < 0) {
                return false;
            }
        }
        return true;
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

    /** Whether no escape hides a delimiter but the slash, and no segment means another directory, or none. */
    private static boolean isUnambiguous(String path) {
        boolean textual = true;
        boolean parameter = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%') {
                int code = escaped(path, i);
                if (code < ' ' || code == '\\' || code == 0x7f || (code == '%' && isEscapedTwice(path, i))) {
                    return false;
                }
                if (code == '/' && (parameter || isOddSegment(path, i + 3) || endsEmpty(path, i))) {
                    return false;
                }
                textual &= code < 0x80;
                i += 2;
            } else if (!isOfPath(c) || (c == '/' && (isDots(path, i + 1) || isParameterOnly(path, i + 1)))) {
                return false;
            } else {
                parameter = c == ';' || (parameter && c != '/');
            }
        }
        return textual || isUtf8(path);
    }

    private static boolean isOfPath(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || PATH_MARKS.indexOf(c) >= 0;
    }

    /** Whether an escaped percent sign and the two characters behind it, escaped or not, make an escape again. */
    private static boolean isEscapedTwice(String path, int at) {
        int next = at + 3;
        for (int digits = 0; digits < 2; digits++) {
            int code = next < path.length() && path.charAt(next) == '%' ? escaped(path, next) : -1;
            char c = code >= 0 ? (char) code : next < path.length() ? path.charAt(next) : ' ';
            if (digit(c) < 0) {
                return false;
            }
            next += code >= 0 ? 3 : 1;
        }
        return true;
    }

    /** Whether the escapes make characters, and those in the one way that there is for each. */
    private static boolean isUtf8(String path) {
        ByteBuffer bytes = ByteBuffer.allocate(path.length());
        for (int i = 0; i < path.length(); i++) {
            boolean escape = path.charAt(i) == '%';
            bytes.put((byte) (escape ? escaped(path, i) : path.charAt(i)));
            i += escape ? 2 : 0;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(bytes.flip());
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** Whether an escaped slash stands right behind another slash: a server that resolves the escape might take both for one. */
    private static boolean endsEmpty(String path, int slash) {
        return path.charAt(slash - 1) == '/';
    }

    /** Whether the part of a name that begins behind an escaped slash is empty or means another directory. */
    private static boolean isOddSegment(String path, int start) {
        return segmentEnd(path, start) == start || isDots(path, start);
    }

    /** Whether the segment that starts at an index is {@code .} or {@code ..}, escaped or with parameters. */
    private static boolean isDots(String path, int start) {
        int end = segmentEnd(path, start);
        int dots = 0;
        for (int at = start; at < end; dots++) {
            boolean escape = path.charAt(at) == '%' && escaped(path, at) == '.';
            if (!escape && path.charAt(at) != '.') {
                return false;
            }
            at += escape ? 3 : 1;
        }
        return dots == 1 || dots == 2;
    }

    /** Whether the segment that starts at an index has parameters and no name: without them it might be taken for none. */
    private static boolean isParameterOnly(String path, int start) {
        return start < path.length() && path.charAt(start) == ';';
    }

    private static int segmentEnd(String path, int start) {
        int end = start;
        while (end < path.length()
                && path.charAt(end) != '/'
                && path.charAt(end) != ';'
                && !(path.charAt(end) == '%' && escaped(path, end) == '/')) {
            end++;
        }
        return end;
    }

    /** The byte that the escape at an index stands for, or -1 if it is none. */
    static int escaped(String text, int at) {
        return at + 3 <= text.length() ? hex(text, at + 1) : -1;
    }

    private static int hex(String text, int at) {
        int high = digit(text.charAt(at));
        int low = digit(text.charAt(at + 1));
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    /** Not those of other alphabets. */
    private static int digit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
