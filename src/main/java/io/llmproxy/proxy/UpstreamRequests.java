package io.llmproxy.proxy;

import io.llmproxy.auth.Credential;
import io.llmproxy.config.HeaderConfig;
import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.Upstream;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Writes the request that an upstream is sent: the client's, less what is between the client and us, plus what is ours. */
final class UpstreamRequests {
    /** Says who or where the client is. */
    private static final Set<String> WHEREABOUTS = Set.of(
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-proto",
            "x-real-ip",
            "via");

    /** Replaced by values of our own. */
    private static final Set<String> OURS = Set.of("host", "content-length", "expect", "user-agent", "x-request-id");

    private UpstreamRequests() {}

    /** Returns the request for the leased upstream; it has no content yet. */
    static Request of(Exchange exchange, Lease lease, HttpClientConfig settings) {
        HttpServletRequest clientRequest = exchange.clientRequest();
        Upstream upstream = lease.upstream();
        boolean ownCredential = upstream.credential() instanceof Credential.Header;
        String query = ownCredential
                ? ClientCredentials.withoutKey(clientRequest.getQueryString())
                : clientRequest.getQueryString();
        return lease.client()
                .newRequest(upstream.origin())
                .method(clientRequest.getMethod())
                .path(upstream.target(exchange.upstreamPath(), query))
                .idleTimeout(0, TimeUnit.MILLISECONDS)
                .headers(fields -> {
                    copy(clientRequest, fields, ownCredential, settings.forwarded());
                    fields.put(HttpHeader.HOST, upstream.origin().getRawAuthority());
                    fields.put(HttpHeader.USER_AGENT, settings.agent());
                    fields.put(RequestId.HEADER, exchange.id());
                    if (settings.forwarded()) {
                        fields.add("X-Forwarded-For", clientRequest.getRemoteAddr());
                    }
                    if (upstream.credential() instanceof Credential.Header credential) {
                        fields.put(credential.name(), credential.value().reveal());
                    }
                    upstream.headers().forEach(operation -> apply(operation, fields));
                });
    }

    private static void copy(
            HttpServletRequest clientRequest, HttpFields.Mutable fields, boolean ownCredential, boolean forwarded) {
        Set<String> named = HopByHop.namedIn(clientRequest.getHeaders("Connection"));
        Enumeration<String> names = clientRequest.getHeaderNames();
        while (names.hasMoreElements()) {
            String name = names.nextElement();
            String lower = name.toLowerCase(Locale.ROOT);
            boolean dropped = OURS.contains(lower)
                    || HopByHop.contains(lower)
                    || named.contains(lower)
                    || (ownCredential && ClientCredentials.isHeader(lower))
                    || (!forwarded && WHEREABOUTS.contains(lower));
            if (!dropped) {
                Enumeration<String> values = clientRequest.getHeaders(name);
                while (values.hasMoreElements()) {
                    fields.add(name, values.nextElement());
                }
            }
        }
    }

    private static void apply(HeaderConfig operation, HttpFields.Mutable fields) {
        switch (operation.op()) {
            case INSERT -> {
                if (!fields.contains(operation.key())) {
                    fields.add(operation.key(), reveal(operation.value()));
                }
            }
            case REPLACE -> fields.put(operation.key(), reveal(operation.value()));
            case REMOVE -> fields.remove(operation.key());
        }
    }

    private static String reveal(@Nullable Secret value) {
        return value == null ? "" : value.reveal();
    }
}
