package io.llmproxy.proxy.request;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WebSocketRequestTest {
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private static RequestHead head(String... lines) {
        Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line : lines) {
            String[] parts = line.split(": ", 2);
            fields.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(parts[1]);
        }
        return RequestHead.of((HttpServletRequest) Proxy.newProxyInstance(
                WebSocketRequestTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getMethod" -> "GET";
                    case "getProtocol" -> "HTTP/1.1";
                    case "getScheme" -> "http";
                    case "getHeaderNames" -> Collections.enumeration(fields.keySet());
                    case "getHeaders" -> Collections.enumeration(fields.getOrDefault(arguments[0], List.of()));
                    default -> throw new UnsupportedOperationException(method.getName());
                }));
    }

    private static @Nullable WebSocketRequest asked(String... lines) {
        return WebSocketRequest.of("GET", "HTTP/1.1", head(lines));
    }

    @Test
    void aHandshakeIsRead() {
        WebSocketRequest asked = Objects.requireNonNull(asked(
                "Connection: keep-alive, Upgrade",
                "Upgrade: WebSocket",
                "Sec-WebSocket-Key: " + KEY,
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.k",
                "Sec-WebSocket-Protocol: other,"));

        assertThat(asked)
                .isEqualTo(new WebSocketRequest(KEY, "13", List.of("realtime", "openai-insecure-api-key.k", "other")));
        assertThat(asked.refusal()).isNull();
        assertThat(asked.protocolsWithoutKeys()).containsExactly("realtime", "other");
    }

    @Test
    void whatAsksForAnythingElseIsNone() {
        assertThat(asked()).isNull();
        assertThat(asked("Upgrade: websocket")).isNull();
        assertThat(asked("Upgrade: websocket", "Connection: close")).isNull();
        assertThat(asked("Upgrade: h2c", "Connection: upgrade")).isNull();
        RequestHead sound = head("Upgrade: websocket", "Connection: upgrade");
        assertThat(WebSocketRequest.of("GET", "HTTP/1.1", sound)).isNotNull();
        assertThat(WebSocketRequest.of("POST", "HTTP/1.1", sound)).isNull();
        assertThat(WebSocketRequest.of("GET", "HTTP/2.0", sound)).isNull();
    }

    @Test
    void aVersionAndAKeyAreNeeded() {
        assertThat(new WebSocketRequest(KEY, "8", List.of()).refusal()).isNotNull();
        assertThat(new WebSocketRequest("", "13", List.of()).refusal()).isNotNull();
        assertThat(WebSocketRequest.isOfHandshake("sec-websocket-key")).isTrue();
        assertThat(WebSocketRequest.isOfHandshake("origin")).isFalse();
        assertThat(WebSocketRequest.isLeftOut("sec-websocket-key")).isTrue();
        assertThat(WebSocketRequest.isLeftOut("content-type")).isTrue();
        assertThat(WebSocketRequest.isLeftOut("origin")).isFalse();
    }
}
