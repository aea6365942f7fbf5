package io.llmproxy.proxy.attempt;

import io.llmproxy.auth.Credential;
import io.llmproxy.auth.KeyPlace;
import io.llmproxy.config.HeaderConfig;
import io.llmproxy.config.HeaderSyntax;
import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Trace;
import io.llmproxy.proxy.passage.Passage;
import io.llmproxy.proxy.request.HopByHop;
import io.llmproxy.proxy.request.RequestHead;
import io.llmproxy.proxy.request.RequestId;
import io.llmproxy.proxy.request.RequestTarget;
import io.llmproxy.proxy.request.WebSocketRequest;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.websocket.Handshake;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** Writes the request for an upstream: the client's, without the headers of its connection, and with the gateway's own headers. */
final class UpstreamRequests {
    /** Headers that tell the client's name or address. */
    private static final Set<String> WHEREABOUTS = Set.of(
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-proto",
            "x-real-ip",
            "via");

    /** Replaced by values of our own. */
    private static final Set<String> OURS =
            Set.of("host", "content-length", "expect", "user-agent", "x-request-id", "x-llmproxy-explain");

    private static final String TRACE_PARENT = "traceparent";
    private static final String TRACE_STATE = "tracestate";

    private UpstreamRequests() {}

    /** A request that cannot be written, as part of it would be read as something else. It is the client's mistake. */
    static final class UnwritableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnwritableException(String part) {
            super(part);
        }
    }

    /**
     * Returns the request for the leased upstream; it has no content yet.
     *
     * @param passage what changes on the way
     * @param shown what takes the place of the client's credential, or null if that is to pass
     * @throws UnwritableException if it would not be one valid request on the wire
     */
    static Request of(
            Exchange exchange,
            Lease lease,
            Passage passage,
            Credential.@Nullable Header shown,
            HttpClientConfig settings) {
        HttpServletRequest clientRequest = exchange.clientRequest();
        Upstream upstream = lease.upstream();
        // A key that is meant for us is no upstream's business.
        boolean keyIsOurs = shown != null || exchange.clientKey() != null || passage.dropsCredentials();
        String query = keyIsOurs ? KeyPlace.withoutKey(clientRequest.getQueryString()) : clientRequest.getQueryString();
        Passage.Target below = passage.target(query);
        String target = upstream.target(below.path(), below.query());
        if (!RequestTarget.isWritable(target) || !HeaderSyntax.isName(clientRequest.getMethod())) {
            throw new UnwritableException("method or target");
        }
        WebSocketRequest webSocket = exchange.webSocket();
        Request upstreamRequest = upstream.newRequest(lease.client(), target);
        if (webSocket != null) {
            // Few upstreams that speak HTTP/2 do this in it (RFC 8441).
            upstreamRequest.version(HttpVersion.HTTP_1_1);
        }
        return upstreamRequest
                .method(clientRequest.getMethod())
                .idleTimeout(0, TimeUnit.MILLISECONDS)
                .headers(fields -> {
                    copy(exchange, fields, keyIsOurs, settings.forwarded());
                    if (webSocket != null) {
                        shakeHands(webSocket, fields, keyIsOurs);
                    }
                    fields.put(HttpHeader.HOST, upstream.authority());
                    fields.put(HttpHeader.USER_AGENT, settings.agent());
                    if (exchange.forward().cors() != null) {
                        // Some upstreams refuse requests of pages that they do not know.
                        fields.remove(HttpHeader.ORIGIN);
                    }
                    passage.headers(fields);
                    fields.put(RequestId.HEADER, exchange.id());
                    trace(exchange.trace(), upstream.name(), fields);
                    if (settings.forwarded()) {
                        fields.add("X-Forwarded-For", clientRequest.getRemoteAddr());
                    }
                    upstream.defaultHeaders().forEach((name, value) -> {
                        if (!fields.contains(name)) {
                            fields.put(name, value);
                        }
                    });
                    if (shown != null) {
                        fields.put(shown.name(), shown.value().reveal());
                    }
                    upstream.headers().forEach(operation -> apply(operation, fields));
                    check(fields);
                });
    }

    /** What the client has sent of its trace would make the upstream's part of it hang at the wrong place. */
    private static void trace(@Nullable Trace trace, String upstream, HttpFields.Mutable fields) {
        if (trace == null) {
            return;
        }
        String parent = trace.attempting(upstream);
        if (!trace.replacesClients()) {
            return;
        }
        fields.remove(TRACE_PARENT);
        fields.remove(TRACE_STATE);
        fields.remove("baggage");
        if (parent != null) {
            fields.put(TRACE_PARENT, parent);
            String state = trace.state();
            if (state != null) {
                fields.put(TRACE_STATE, state);
            }
        }
    }

    /** The last check, for every protocol: here the request becomes bytes. */
    private static void check(HttpFields fields) {
        for (HttpField field : fields) {
            String value = field.getValue();
            if (!HeaderSyntax.isName(field.getName()) || (value != null && !HeaderSyntax.isValue(value))) {
                throw new UnwritableException("header");
            }
        }
    }

    /** No extension is offered: what the client would compress, the upstream need not be able to read. */
    private static void shakeHands(WebSocketRequest asked, HttpFields.Mutable fields, boolean keyIsOurs) {
        fields.put(HttpHeader.UPGRADE, "websocket");
        fields.put(HttpHeader.CONNECTION, "Upgrade");
        fields.put(HttpHeader.SEC_WEBSOCKET_KEY, Handshake.newKey());
        fields.put(HttpHeader.SEC_WEBSOCKET_VERSION, Handshake.VERSION);
        List<String> protocols = keyIsOurs ? asked.protocolsWithoutKeys() : asked.protocols();
        if (!protocols.isEmpty()) {
            fields.put(HttpHeader.SEC_WEBSOCKET_SUBPROTOCOL, String.join(", ", protocols));
        }
    }

    private static void copy(Exchange exchange, HttpFields.Mutable fields, boolean keyIsOurs, boolean forwarded) {
        RequestHead head = exchange.head();
        boolean shakesHands = exchange.webSocket() != null;
        Set<String> named = HopByHop.namedIn(head.values("connection"));
        boolean cookies = false;
        for (RequestHead.Field field : head.fields()) {
            String lower = field.lower();
            boolean dropped = OURS.contains(lower)
                    || HopByHop.contains(lower)
                    || named.contains(lower)
                    || (keyIsOurs && KeyPlace.isHeader(lower))
                    || (shakesHands && WebSocketRequest.isLeftOut(lower))
                    || (!forwarded && WHEREABOUTS.contains(lower));
            if (!dropped && lower.equals("cookie")) {
                // HTTP/2 may send each in a line of its own (RFC 9113, section 8.2.3).
                if (!cookies) {
                    fields.add(field.name(), String.join("; ", head.values(lower)));
                }
                cookies = true;
            } else if (!dropped) {
                fields.add(field.name(), field.value());
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
