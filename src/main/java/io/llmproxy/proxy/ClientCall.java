package io.llmproxy.proxy;

import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
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
            case "/v1/chat/completions" -> new ClientCall(Dialect.CHAT, false, RequestLine.NONE);
            case "/v1/responses" -> new ClientCall(Dialect.RESPONSES, false, RequestLine.NONE);
            case "/v1/messages" -> new ClientCall(Dialect.MESSAGES, false, RequestLine.NONE);
            case "/openai/deployments/{deployment}/chat/completions" -> ofAzure(path);
            case "/v1/completions" -> new ClientCall(Dialect.CHAT, true, RequestLine.NONE);
            default -> ofGoogle(path, exchange.clientRequest().getQueryString());
        };
    }

    private static ClientCall ofAzure(String path) {
        String model = ModelPath.model(path);
        return new ClientCall(Dialect.CHAT, false, new RequestLine(model == null ? "" : model, false, false));
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

    /** Whether the client reads its stream as a JSON array, and not as events. */
    boolean isArray() {
        return line.array();
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
