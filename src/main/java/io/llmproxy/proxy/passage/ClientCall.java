package io.llmproxy.proxy.passage;

import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.Embeddings;
import io.llmproxy.convert.ReasoningMemory;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ModelPath;
import io.llmproxy.protocol.ModelPath.Place;
import io.llmproxy.protocol.Operation;
import io.llmproxy.proxy.exchange.Exchange;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A request of a kind that upstreams of another API can serve.
 *
 * @param operation what is asked for
 * @param dialect the API that the client speaks
 * @param line what its path says
 */
record ClientCall(Operation operation, Dialect dialect, RequestLine line) {
    /** Returns what a request is; null if only upstreams of its own API can serve it. */
    static @Nullable ClientCall of(Exchange exchange) {
        return of(
                exchange.method(),
                exchange.upstreamEndpoint(),
                exchange.upstreamPath(),
                exchange.clientRequest().getQueryString());
    }

    /** Returns what a request of that method, path and query is; null likewise. */
    static @Nullable ClientCall of(String method, Endpoint endpoint, String path, @Nullable String query) {
        if (!method.equals("POST")) {
            return null;
        }
        Operation operation = endpoint.operation();
        return switch (operation) {
            case CHAT, COUNT, EMBEDDING, EMBEDDINGS -> of(operation, endpoint, path, query);
            case COMPLETION -> ofCompletion(endpoint);
            case OTHER -> null;
        };
    }

    private static @Nullable ClientCall of(
            Operation operation, Endpoint endpoint, String path, @Nullable String query) {
        Dialect dialect = dialect(endpoint);
        if (endpoint.place() != Place.PATH && dialect != Dialect.GEMINI) {
            return new ClientCall(operation, dialect, RequestLine.NONE);
        }
        String model = ModelPath.model(path);
        if (model == null) {
            return null;
        }
        boolean stream = endpoint.isStream();
        boolean events = query != null && Arrays.asList(query.split("&", -1)).contains("alt=sse");
        return new ClientCall(operation, dialect, new RequestLine(model, stream, stream && !events));
    }

    /** One whose model is in the path is not converted. */
    private static @Nullable ClientCall ofCompletion(Endpoint endpoint) {
        return endpoint.place() == Place.BODY
                ? new ClientCall(Operation.COMPLETION, Dialect.CHAT, RequestLine.NONE)
                : null;
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

    /** Whether embeddings are asked for, which not all APIs have. */
    boolean isForEmbeddings() {
        return operation == Operation.EMBEDDING || operation == Operation.EMBEDDINGS;
    }

    /** Whether an upstream that speaks only this API is asked as the client asks. */
    boolean isIn(Dialect only) {
        boolean bothOfOpenAi = dialect == Dialect.CHAT && only == Dialect.RESPONSES;
        return only == dialect || (isForEmbeddings() && bothOfOpenAi);
    }

    /**
     * Reads the request.
     *
     * @param memory what models thought before
     * @throws io.llmproxy.convert.codec.ConversionException if it is not valid, or no other API can express it
     */
    DecodedCall decode(byte[] body, Policy policy, ReasoningMemory.Recollection memory) {
        return switch (operation) {
            case CHAT ->
                new DecodedCall.Chat(
                        this,
                        Conversion.of(dialect, line, body, policy, Limits.DEFAULT, Ids.random())
                                .remembering(memory));
            case COMPLETION ->
                new DecodedCall.Chat(this, Conversion.ofCompletions(body, policy, Limits.DEFAULT, Ids.random()));
            case COUNT -> new DecodedCall.Count(this, Conversion.ofCount(dialect, line, body, policy));
            case EMBEDDING, EMBEDDINGS -> new DecodedCall.Embedding(this, embeddings(body), policy);
            case OTHER -> throw new IllegalStateException("it is not converted");
        };
    }

    private Embeddings embeddings(byte[] body) {
        return dialect == Dialect.GEMINI
                ? Embeddings.ofGemini(body, line.model(), operation == Operation.EMBEDDINGS)
                : Embeddings.ofOpenAi(body, line.model());
    }
}
