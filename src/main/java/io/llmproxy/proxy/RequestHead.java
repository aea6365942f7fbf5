package io.llmproxy.proxy;

import io.llmproxy.config.HeaderSyntax;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the head of a client's request is one that can be passed on. Containers check less of it the newer the
 * protocol is, each in its own way; what they let through would be written into the request of an upstream.
 */
final class RequestHead {
    private static final int MOST_HEADERS = 100;
    private static final Set<String> SCHEMES = Set.of("http", "https");

    /** They are for the server that is asked, and would be answered with all that the gateway adds: its credential, too. */
    private static final Set<String> NOT_FORWARDED = Set.of("TRACE", "CONNECT");

    /** They speak of a connection of HTTP/1 (RFC 9113, section 8.2.2). */
    private static final Set<String> OF_CONNECTION =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private final HttpServletRequest clientRequest;
    private final boolean multiplexed;
    private int count;
    private @Nullable String length;

    private RequestHead(HttpServletRequest clientRequest) {
        this.clientRequest = clientRequest;
        this.multiplexed = clientRequest.getProtocol().startsWith("HTTP/2");
    }

    /** Returns why the request is refused, or null if it may pass. */
    static @Nullable Refusal refusal(HttpServletRequest clientRequest) {
        String method = clientRequest.getMethod();
        if (!HeaderSyntax.isName(method)) {
            return malformed("The request's method is not valid.");
        }
        // Methods are told apart by case; the client's library would write another one, and an upstream might know
        // that.
        return NOT_FORWARDED.contains(method) || !method.equals(method.toUpperCase(Locale.ROOT))
                ? Refusal.of(ProxyError.METHOD_NOT_ALLOWED)
                : new RequestHead(clientRequest).check();
    }

    private @Nullable Refusal check() {
        if (!SCHEMES.contains(clientRequest.getScheme().toLowerCase(Locale.ROOT))) {
            return malformed("The request's scheme is not valid.");
        }
        Enumeration<String> names = clientRequest.getHeaderNames();
        while (names.hasMoreElements()) {
            String name = names.nextElement();
            if (!HeaderSyntax.isName(name)) {
                return malformed("The name of a header is not valid.");
            }
            String lower = name.toLowerCase(Locale.ROOT);
            if (multiplexed && OF_CONNECTION.contains(lower)) {
                return malformed("The header '" + lower + "' is not allowed in HTTP/2.");
            }
            Enumeration<String> values = clientRequest.getHeaders(name);
            while (values.hasMoreElements()) {
                // Containers bound the bytes of a head, but not all of them the number of headers, and look through all
                // of
                // them for the values of each.
                if (++count > MOST_HEADERS) {
                    return Refusal.of(ProxyError.TOO_MANY_HEADERS);
                }
                if (!isAllowed(lower, values.nextElement())) {
                    return malformed("The value of the header '" + lower + "' is not valid.");
                }
            }
        }
        return null;
    }

    private boolean isAllowed(String name, String value) {
        if (!HeaderSyntax.isValue(value) || (multiplexed && isPadded(value))) {
            return false;
        }
        return switch (name) {
            case "content-length" -> isLength(value);
            // What else was done to the body would not be undone, and not be told.
            case "transfer-encoding" -> value.strip().equalsIgnoreCase("chunked") && knowsChunks();
            case "te" -> !multiplexed || value.equalsIgnoreCase("trailers");
            default -> true;
        };
    }

    /** Whether the protocol knows bodies in chunks. */
    private boolean knowsChunks() {
        return !clientRequest.getProtocol().equals("HTTP/1.0");
    }

    /** Whether the length is a number, and the same as before. */
    private boolean isLength(String value) {
        boolean same = length == null || length.equals(value);
        length = value;
        return same && !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** HTTP/1 knows space around a value, HTTP/2 does not (RFC 9113, section 8.2.1). */
    private static boolean isPadded(String value) {
        return !value.isEmpty() && (isSpace(value.charAt(0)) || isSpace(value.charAt(value.length() - 1)));
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    private static Refusal malformed(String message) {
        return Refusal.of(ProxyError.INVALID_REQUEST, message);
    }
}
