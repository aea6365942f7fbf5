package io.llmproxy.proxy.admission;

import io.llmproxy.config.CorsConfig;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What browsers are told about which pages may use a forward. Pages show their key in a header, never in a cookie, so that
 * browsers are not asked to send credentials of their own.
 */
public final class Cors {
    /** Pages need a key, whatever their origin. */
    private static final Cors WITH_KEYS =
            new Cors(new CorsConfig(List.of(CorsConfig.ANY), List.of(), Duration.ofMinutes(10)));

    private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
    private static final String ORIGIN = "Origin";
    private static final String REQUEST_METHOD = "Access-Control-Request-Method";
    private static final String REQUEST_HEADERS = "Access-Control-Request-Headers";
    private static final Pattern NAMES = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z, -]{1,4096}");

    private final CorsConfig config;
    private final Set<String> origins;
    private final boolean any;

    private Cors(CorsConfig config) {
        this.config = config;
        this.origins = config.origins().stream()
                .map(origin -> origin.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
        this.any = origins.contains(CorsConfig.ANY);
    }

    /** Returns what a forward tells browsers by its own settings; null if it has none. */
    public static @Nullable Cors of(@Nullable CorsConfig config) {
        return config == null ? null : new Cors(config);
    }

    /** Returns what a forward without settings of its own tells browsers if every client needs a key. */
    public static Cors withKeys() {
        return WITH_KEYS;
    }

    /** Whether a request only asks for what a page may do; it never carries a key. */
    public static boolean isPreflight(HttpServletRequest clientRequest) {
        return clientRequest.getMethod().equals("OPTIONS")
                && clientRequest.getHeader(ORIGIN) != null
                && clientRequest.getHeader(REQUEST_METHOD) != null;
    }

    /** Whether a header is what an upstream, which knows neither our pages nor our keys, says of CORS. */
    public static boolean isAnswerHeader(String lowerCaseName) {
        return lowerCaseName.startsWith("access-control-");
    }

    /** Whether the page that has made the request may use the forward. */
    public boolean allows(HttpServletRequest clientRequest) {
        return allowed(clientRequest) != null;
    }

    /** Lets the page that has made the request read the answer, whatever answer that is. May be called again. */
    public void tell(HttpServletRequest clientRequest, HttpServletResponse clientResponse) {
        if (!any) {
            vary(clientResponse, ORIGIN);
        }
        String allowed = allowed(clientRequest);
        if (allowed != null) {
            clientResponse.setHeader("Access-Control-Allow-Origin", allowed);
            clientResponse.setHeader("Access-Control-Expose-Headers", "*");
        }
    }

    /** Answers a preflight request. A browser keeps to it; a page that may do nothing is told nothing. */
    public void answer(HttpServletRequest clientRequest, HttpServletResponse clientResponse) {
        clientResponse.setStatus(HttpServletResponse.SC_NO_CONTENT);
        tell(clientRequest, clientResponse);
        vary(clientResponse, REQUEST_METHOD);
        vary(clientResponse, REQUEST_HEADERS);
        if (allowed(clientRequest) == null) {
            return;
        }
        clientResponse.setHeader("Access-Control-Allow-Methods", METHODS);
        clientResponse.setHeader(
                "Access-Control-Max-Age", Long.toString(config.maxAge().toSeconds()));
        String headers = config.headers().isEmpty() ? requested(clientRequest) : String.join(", ", config.headers());
        if (headers != null) {
            clientResponse.setHeader("Access-Control-Allow-Headers", headers);
        }
    }

    private @Nullable String allowed(HttpServletRequest clientRequest) {
        String origin = clientRequest.getHeader(ORIGIN);
        if (origin == null) {
            return null;
        }
        if (any) {
            return CorsConfig.ANY;
        }
        return origins.contains(origin.toLowerCase(Locale.ROOT)) ? origin : null;
    }

    /** A star would leave out Authorization. */
    private static @Nullable String requested(HttpServletRequest clientRequest) {
        Enumeration<String> lines = clientRequest.getHeaders(REQUEST_HEADERS);
        StringBuilder names = new StringBuilder();
        while (lines.hasMoreElements()) {
            names.append(names.isEmpty() ? "" : ", ").append(lines.nextElement());
        }
        return NAMES.matcher(names).matches() ? names.toString() : null;
    }

    private static void vary(HttpServletResponse clientResponse, String header) {
        if (!clientResponse.getHeaders("Vary").contains(header)) {
            clientResponse.addHeader("Vary", header);
        }
    }
}
