package io.llmproxy.proxy;

import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ModelPath;
import io.llmproxy.protocol.ModelPath.Place;
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
    /** Returns what a request is; null if only upstreams of its own API can serve it. */
    static @Nullable ClientCall of(Exchange exchange) {
        if (!exchange.method().equals("POST")) {
            return null;
        }
        Endpoint endpoint = exchange.upstreamEndpoint();
        return switch (endpoint.operation()) {
            case CHAT -> ofChat(endpoint, exchange);
            case COMPLETION -> ofCompletion(endpoint);
            case COUNT, EMBEDDING, OTHER -> null;
        };
    }

    private static @Nullable ClientCall ofChat(Endpoint endpoint, Exchange exchange) {
        Dialect dialect = dialect(endpoint);
        if (endpoint.place() != Place.PATH && dialect != Dialect.GEMINI) {
            return new ClientCall(dialect, false, RequestLine.NONE);
        }
        String model = ModelPath.model(exchange.upstreamPath());
        if (model == null) {
            return null;
        }
        boolean stream = endpoint.isStream();
        String query = exchange.clientRequest().getQueryString();
        boolean events = query != null && Arrays.asList(query.split("&", -1)).contains("alt=sse");
        return new ClientCall(dialect, false, new RequestLine(model, stream, stream && !events));
    }

    /** One whose model is in the path is not converted. */
    private static @Nullable ClientCall ofCompletion(Endpoint endpoint) {
        return endpoint.place() == Place.BODY ? new ClientCall(Dialect.CHAT, true, RequestLine.NONE) : null;
    }

    private static Dialect dialect(Endpoint endpoint) {
        return switch (endpoint.dialect()) {
            case OPENAI -> Dialect.CHAT;
            case RESPONSES -> Dialect.RESPONSES;
            case ANTHROPIC -> Dialect.MESSAGES;
            case GEMINI -> Dialect.GEMINI;
        };
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
