package io.llmproxy.proxy;

import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.codec.Codec.RequestLine;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.protocol.ModelPath;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A request of a kind that upstreams of another API can serve.
 *
 * @param dialect the API that the client speaks
 * @param old whether it is one of {@code /v1/completions}
 * @param line what its path says
 */
record ClientCall(Dialect dialect, boolean old, RequestLine line) {
    private static final String WHOLE = ":generateContent";
    private static final String STREAM = ":streamGenerateContent";

    /** Returns what a request is; null if only upstreams of its own API can serve it. */
    static @Nullable ClientCall of(Exchange exchange) {
        if (!exchange.method().equals("POST")) {
            return null;
        }
        String path = exchange.upstreamPath();
        return switch (ApiPath.of(path)) {
            case "/v1/chat/completions", "/openai/deployments/{deployment}/chat/completions" -> of(Dialect.CHAT, path);
            case "/v1/responses" -> of(Dialect.RESPONSES, path);
            case "/v1/messages" -> of(Dialect.MESSAGES, path);
            case "/v1/completions" -> new ClientCall(Dialect.CHAT, true, RequestLine.NONE);
            default -> ofGoogle(path, exchange.clientRequest().getQueryString());
        };
    }

    private static ClientCall of(Dialect dialect, String path) {
        String model = ModelPath.model(path);
        return new ClientCall(dialect, false, new RequestLine(model == null ? "" : model, false, false));
    }

    private static @Nullable ClientCall ofGoogle(String path, @Nullable String query) {
        boolean stream = path.endsWith(STREAM);
        String model = stream || path.endsWith(WHOLE) ? ModelPath.model(path) : null;
        if (model == null) {
            return null;
        }
        boolean events = query != null && Arrays.asList(query.split("&", -1)).contains("alt=sse");
        return new ClientCall(Dialect.GEMINI, false, new RequestLine(model, stream, stream && !events));
    }

    /**
     * Reads the request.
     *
     * @throws io.llmproxy.convert.codec.ConversionException if it is not valid, or no other API can express it
     */
    Conversion decode(byte[] body, Policy policy) {
        return old
                ? Conversion.ofCompletions(body, policy, Limits.DEFAULT, Ids.random())
                : Conversion.of(dialect, line, body, policy, Limits.DEFAULT, Ids.random());
    }
}
