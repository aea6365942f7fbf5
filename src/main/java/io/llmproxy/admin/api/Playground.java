package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.upstream.OwnRequests;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request through a forward as a client on this machine would, and hands the answer on as it comes. The key stays in the gateway.
 */
final class Playground {
    private static final int MOST = 8;
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
            URI target = target(call, wanted);
            Map<String, String> headers = headers(wanted);
            String key = wanted.key();
            if (key == null) {
                relay(wanted, target, headers, response);
                return;
            }
            try (KeyLoans.Loan loan = gateway.loans()
                    .lend(String.valueOf(wanted.forward()), key)
                    .orElseThrow(() -> Refused.notFound("key", key))) {
                headers.put("Authorization", "Bearer " + loan.shown());
                relay(wanted, target, headers, response);
            }
        } finally {
            running.release();
        }
    }

    private URI target(HttpServletRequest call, Wanted wanted) {
        ProxyConfig config = gateway.current().get().config();
        String name = wanted.forward();
        ForwardConfig forward = config.httpServer().forwards().stream()
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElseThrow(() -> Refused.notFound("forward", String.valueOf(name)));
        ExplainResource.path(wanted.path());
        try {
            return URI.create(base(call, forward, config.httpServer().admin().port()) + wanted.path());
        } catch (IllegalArgumentException e) {
            throw Refused.invalid("path", "not a path (expected: one such as /v1/chat/completions)");
        }
    }

    private static String method(Wanted wanted) {
        String method = wanted.method() == null ? "POST" : wanted.method();
        if (!method.equals("GET") && !method.equals("POST")) {
            throw Refused.invalid("method", "unknown (expected: GET or POST)");
        }
        return method;
    }

    private static Map<String, String> headers(Wanted wanted) {
        Map<String, String> headers = wanted.headers() == null ? Map.of() : wanted.headers();
        headers.forEach(Playground::check);
        return new LinkedHashMap<>(headers);
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

    private void relay(Wanted wanted, URI target, Map<String, String> headers, HttpServletResponse response)
            throws IOException {
        String method = method(wanted);
        byte[] body = wanted.body() == null ? new byte[0] : Json.MAPPER.writeValueAsBytes(wanted.body());
        try (OwnRequests.Answer answer = asked(method, target, headers, body)) {
            response.setStatus(answer.status());
            response.setHeader("X-LLMProxy-Playground", "1");
            answer.forEachHeader((name, value) -> {
                if (isTold(name.toLowerCase(Locale.ROOT))) {
                    response.addHeader(name, value);
                }
            });
            InputStream in = answer.body();
            OutputStream out = response.getOutputStream();
            byte[] piece = new byte[PIECE];
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                out.write(piece, 0, count);
                out.flush();
            }
        }
    }

    private OwnRequests.Answer asked(String method, URI target, Map<String, String> headers, byte[] body) {
        try {
            return gateway.requests().send(method, target, headers, body);
        } catch (IOException e) {
            throw new Refused(
                    503,
                    "forward_unreachable",
                    "The gateway got no answer from its own forward. The request may have been processed.");
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
