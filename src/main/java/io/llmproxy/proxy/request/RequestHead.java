package io.llmproxy.proxy.request;

import io.llmproxy.config.HeaderSyntax;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * The head of a client's request, read once, and whether it is one that can be passed on. Containers check less of it the newer the
 * protocol is, each in its own way; what they let through would be written into the request of an upstream.
 */
public final class RequestHead {
    private static final int MOST_HEADERS = 100;
    private static final Set<String> SCHEMES = Set.of("http", "https");

    /** Most names are spelled like this, and need not be put in lower case for each request. */
    private static final Map<String, String> LOWER = commonNames();

    /** They are for the server that is asked, and would be answered with all that the gateway adds: its credential, too. */
    private static final Set<String> NOT_FORWARDED = Set.of("TRACE", "CONNECT");

    /** They speak of a connection of HTTP/1 (RFC 9113, section 8.2.2). */
    private static final Set<String> OF_CONNECTION =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private final String method;
    private final String scheme;
    private final String protocol;
    private final List<Field> fields;
    private @Nullable String length;

    private RequestHead(String method, String scheme, String protocol, List<Field> fields) {
        this.method = method;
        this.scheme = scheme;
        this.protocol = protocol;
        this.fields = fields;
    }

    /**
     * One line of the head.
     *
     * @param name as the client spells it
     * @param lower the name in lower case
     */
    public record Field(String name, String lower, String value) {}

    /** Reads a head once for the exchange, up to the first line that is too many. */
    public static RequestHead of(HttpServletRequest clientRequest) {
        List<Field> fields = new ArrayList<>();
        Enumeration<String> names = clientRequest.getHeaderNames();
        while (names.hasMoreElements() && fields.size() <= MOST_HEADERS) {
            String name = names.nextElement();
            String lower = lower(name);
            Enumeration<String> values = clientRequest.getHeaders(name);
            // Containers bound the bytes of a head, but not all of them the number of headers, and look through all of
            // them for
            // the values of each.
            while (values.hasMoreElements() && fields.size() <= MOST_HEADERS) {
                fields.add(new Field(name, lower, values.nextElement()));
            }
        }
        return new RequestHead(
                clientRequest.getMethod(), clientRequest.getScheme(), clientRequest.getProtocol(), fields);
    }

    private static String lower(String name) {
        String known = LOWER.get(name);
        return known == null ? name.toLowerCase(Locale.ROOT) : known;
    }

    private static Map<String, String> commonNames() {
        return Arrays.stream(HttpHeader.values())
                .collect(Collectors.toUnmodifiableMap(HttpHeader::asString, HttpHeader::lowerCaseName));
    }

    /** The lines in the order in which they came; those of one name follow each other. */
    public List<Field> fields() {
        return fields;
    }

    /** Returns the values of a header, in the order in which they came. */
    public List<String> values(String lower) {
        List<String> values = List.of();
        for (Field field : fields) {
            if (field.lower().equals(lower)) {
                values = values.isEmpty() ? new ArrayList<>(2) : values;
                values.add(field.value());
            }
        }
        return values;
    }

    /** Returns why the request is refused, or null if it may pass. */
    public @Nullable Refusal refusal() {
        if (!HeaderSyntax.isName(method)) {
            return malformed("The request's method is not valid.");
        }
        // Case tells methods apart, but the client's library writes all in capitals: an upstream might know that one.
        if (NOT_FORWARDED.contains(method) || hasSmallLetter(method)) {
            return Refusal.of(ProxyError.METHOD_NOT_ALLOWED);
        }
        if (!SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))) {
            return malformed("The request's scheme is not valid.");
        }
        boolean multiplexed = protocol.startsWith("HTTP/2");
        for (Field field : fields) {
            if (!HeaderSyntax.isName(field.name())) {
                return malformed("The name of a header is not valid.");
            }
            if (multiplexed && OF_CONNECTION.contains(field.lower())) {
                return malformed("The header '" + field.lower() + "' is not allowed in HTTP/2.");
            }
            if (!isAllowed(field.lower(), field.value(), multiplexed)) {
                return malformed("The value of the header '" + field.lower() + "' is not valid.");
            }
        }
        return fields.size() > MOST_HEADERS ? Refusal.of(ProxyError.TOO_MANY_HEADERS) : null;
    }

    private static boolean hasSmallLetter(String method) {
        for (int i = 0; i < method.length(); i++) {
            if (method.charAt(i) >= 'a' && method.charAt(i) <= 'z') {
                return true;
            }
        }
        return false;
    }

    private boolean isAllowed(String name, String value, boolean multiplexed) {
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
        return !protocol.equals("HTTP/1.0");
    }

    /** Whether the length is a number, and the same as before. */
    private boolean isLength(String value) {
        boolean same = length == null || length.equals(value);
        length = value;
        return same && isDecimal(value);
    }

    private static boolean isDecimal(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') {
                return false;
            }
        }
        return !value.isEmpty();
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
