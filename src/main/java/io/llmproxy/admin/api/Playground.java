package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request through a forward as a client on this machine would, and hands the answer on as it comes. The key stays in the gateway.
 */
final class Playground {
    private static final int MOST = 8;
    private static final Authenticator NOBODY = new Authenticator() {};
    private static final int PIECE = 8192;
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e]{0,1024}");
    private static final Set<String> REFUSED = Set.of(
            "authorization",
            "proxy-authorization",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "cookie",
            "host",
            "connection",
            "content-length",
            "content-type",
            "transfer-encoding",
            "upgrade",
            "te",
            "trailer",
            "expect",
            "keep-alive",
            "accept-encoding");

    private final Gateway gateway;
    private final Semaphore running = new Semaphore(MOST);

    Playground(Gateway gateway) {
        this.gateway = gateway;
    }

    record Wanted(
            @Nullable String forward,
            @Nullable String key,
            @Nullable String method,
            @Nullable String path,
            @Nullable Map<String, String> headers,
            @Nullable JsonNode body) {}

    /**
     * Does it, and answers.
     *
     * @throws Refused if it cannot be done
     */
    void serve(HttpServletRequest call, HttpServletResponse response) throws IOException {
        String type = call.getContentType();
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            throw Refused.noJson();
        }
        Wanted wanted = JsonBodies.read(call.getInputStream(), Wanted.class);
        if (!running.tryAcquire()) {
            throw new Refused(503, "busy", "Too many playground requests are running (expected: at most " + MOST + ").")
                    .with("Retry-After", "5");
        }
        try {
            HttpURLConnection connection = connection(call, wanted);
            String key = wanted.key();
            if (key == null) {
                relay(connection, wanted.body(), response);
                return;
            }
            try (KeyLoans.Loan loan = gateway.loans()
                    .lend(String.valueOf(wanted.forward()), key)
                    .orElseThrow(() -> Refused.notFound("key", key))) {
                connection.setRequestProperty("Authorization", "Bearer " + loan.shown());
                relay(connection, wanted.body(), response);
            }
        } finally {
            running.release();
        }
    }

    private HttpURLConnection connection(HttpServletRequest call, Wanted wanted) throws IOException {
        ProxyConfig config = gateway.current().get().config();
        String name = wanted.forward();
        ForwardConfig forward = config.httpServer().forwards().stream()
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElseThrow(() -> Refused.notFound("forward", String.valueOf(name)));
        ExplainResource.path(wanted.path());
        String method = wanted.method() == null ? "POST" : wanted.method();
        if (!method.equals("GET") && !method.equals("POST")) {
            throw Refused.invalid("method", "unknown (expected: GET or POST)");
        }
        Map<String, String> headers = wanted.headers() == null ? Map.of() : wanted.headers();
        headers.forEach(Playground::check);
        URI uri;
        try {
            uri = URI.create(base(call, forward, config.httpServer().admin().port()) + wanted.path());
        } catch (IllegalArgumentException e) {
            throw Refused.invalid("path", "not a path (expected: one such as /v1/chat/completions)");
        }
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout((int) TimeUnit.SECONDS.toMillis(5));
        connection.setReadTimeout((int) TimeUnit.MINUTES.toMillis(10));
        connection.setRequestProperty("Connection", "close");
        headers.forEach(connection::setRequestProperty);
        // Nobody is asked for a password when the forward refuses the request.
        connection.setAuthenticator(NOBODY);
        return connection;
    }

    private static void check(String name, @Nullable String value) {
        if (!HEADER.matcher(name).matches() || REFUSED.contains(name.toLowerCase(Locale.ROOT))) {
            throw Refused.invalid(
                    "headers." + name.replaceAll("[^A-Za-z0-9-]", "?"),
                    "not allowed (expected: no credential, no framing)");
        }
        if (value == null || !VALUE.matcher(value).matches()) {
            throw Refused.invalid("headers." + name, "not a line of ASCII (expected: at most 1024 characters)");
        }
    }

    /** A container's port for operators serves no forward by its name; those have ports of their own there. */
    private String base(HttpServletRequest call, ForwardConfig forward, int operators) {
        Integer port = gateway.ports().apply(forward.name());
        if (port != null) {
            if (forward.tls() != null) {
                throw noTls();
            }
            String address = forward.address().toString();
            boolean any = address.equals("0.0.0.0") || address.equals("::") || address.equals("[::]");
            return "http://" + (any ? "127.0.0.1" : host(address)) + ':' + port;
        }
        if (call.isSecure()) {
            throw noTls();
        }
        String address = "http://" + host(call.getLocalAddr()) + ':';
        return call.getLocalPort() == operators
                ? address + forward.port() + call.getContextPath()
                : address + call.getLocalPort() + call.getContextPath() + '/' + forward.name();
    }

    private static String host(String address) {
        return address.contains(":") && !address.startsWith("[") ? '[' + address + ']' : address;
    }

    private static Refused noTls() {
        return new Refused(409, "conflict", "The forward is reached over TLS (expected: one without).");
    }

    private static void relay(HttpURLConnection connection, @Nullable JsonNode body, HttpServletResponse response)
            throws IOException {
        try {
            answer(connection, body, response);
        } finally {
            connection.disconnect();
        }
    }

    private static void answer(HttpURLConnection connection, @Nullable JsonNode body, HttpServletResponse response)
            throws IOException {
        int status;
        try {
            if (body != null) {
                byte[] bytes = Json.MAPPER.writeValueAsBytes(body);
                connection.setRequestProperty("Content-Type", "application/json");
                connection.setDoOutput(true);
                // Its length is known without saying so: with a stated one, the JDK drops the body of a 401.
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(bytes);
                }
            }
            status = connection.getResponseCode();
        } catch (IOException e) {
            throw new Refused(503, "forward_unreachable", "The forward cannot be reached from the gateway itself.");
        }
        response.setStatus(status);
        response.setHeader("X-LLMProxy-Playground", "1");
        connection.getHeaderFields().forEach((name, values) -> {
            if (name != null && isTold(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> response.addHeader(name, value));
            }
        });
        try (InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            if (in != null) {
                OutputStream out = response.getOutputStream();
                byte[] piece = new byte[PIECE];
                for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                    out.write(piece, 0, count);
                    out.flush();
                }
            }
        }
    }

    private static boolean isTold(String name) {
        return name.equals("content-type")
                || name.equals("retry-after")
                || name.equals("x-accel-buffering")
                || name.startsWith("x-llmproxy-")
                || name.startsWith("x-ratelimit-");
    }
}
