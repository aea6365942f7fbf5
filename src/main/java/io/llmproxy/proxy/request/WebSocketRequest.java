package io.llmproxy.proxy.request;

import io.llmproxy.auth.KeyPlace;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.websocket.Handshake;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request that asks for WebSocket (RFC 6455, section 4.2.1).
 *
 * @param key what the answer is made of
 * @param version of the protocol
 * @param protocols the subprotocols that the client offers, in order
 */
public record WebSocketRequest(String key, String version, List<String> protocols) {
    private static final String PREFIX = "sec-websocket-";

    public WebSocketRequest {
        protocols = List.copyOf(protocols);
    }

    /**
     * Reads the head of a request; null if it asks for anything else.
     *
     * @param protocol the version of HTTP that the client speaks
     */
    public static @Nullable WebSocketRequest of(String method, String protocol, RequestHead head) {
        boolean asks = method.equals("GET")
                && protocol.equals("HTTP/1.1")
                && elements(head, "upgrade").anyMatch(element -> element.equalsIgnoreCase("websocket"))
                && elements(head, "connection").anyMatch(element -> element.equalsIgnoreCase("upgrade"));
        return asks
                ? new WebSocketRequest(
                        String.join(",", head.values("sec-websocket-key")).strip(),
                        String.join(",", head.values("sec-websocket-version")).strip(),
                        elements(head, "sec-websocket-protocol").toList())
                : null;
    }

    private static Stream<String> elements(RequestHead head, String name) {
        return head.values(name).stream()
                .flatMap(value -> Stream.of(value.split(",", -1)))
                .map(String::strip)
                .filter(element -> !element.isEmpty());
    }

    /** Returns why there can be no session, or null. */
    public @Nullable Refusal refusal() {
        if (!version.equals(Handshake.VERSION)) {
            return Refusal.of(
                    ProxyError.INVALID_REQUEST,
                    "Sec-WebSocket-Version is not supported (expected: " + Handshake.VERSION + ").");
        }
        return Handshake.isKey(key)
                ? null
                : Refusal.of(
                        ProxyError.INVALID_REQUEST, "Sec-WebSocket-Key is not valid (expected: 16 bytes in Base64).");
    }

    /** Returns the subprotocols without those that are keys. */
    public List<String> protocolsWithoutKeys() {
        return protocols.stream()
                .filter(offered -> !KeyPlace.isKeyProtocol(offered))
                .toList();
    }

    /**
     * Whether a header of the client's is not passed on. Some clients name a type of content though there is none; a length of 0
     * would follow from it, and servers refuse handshakes that have one.
     */
    public static boolean isLeftOut(String lowerCaseName) {
        return isOfHandshake(lowerCaseName) || lowerCaseName.startsWith("content-");
    }

    /** Whether a header speaks of the one connection, so that the other gets its own. */
    public static boolean isOfHandshake(String lowerCaseName) {
        return lowerCaseName.startsWith(PREFIX);
    }
}
