package io.llmproxy.proxy.passage;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ModelListing;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.exchange.Exchange;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** An upstream's list of models, less those that the client's key may not use. */
public final class ConfinedListing implements Content.Source {
    /** Some routers list hundreds of models, with a kilobyte about each. */
    private static final int MOST_BYTES = 4 * 1024 * 1024;

    private final Content.Source source;
    private final ClientKey key;
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private Content.@Nullable Chunk first;
    private boolean ended;

    /**
     * @param source the upstream's answer
     * @param first what was read of it already, or null
     * @param key decides what is listed
     */
    ConfinedListing(Content.Source source, Content.@Nullable Chunk first, ClientKey key) {
        this.source = source;
        this.first = first;
        this.key = key;
    }

    /** Whether an upstream's answer is a list from which the client's key hides some models. */
    static boolean isDue(Exchange exchange) {
        ClientKey key = exchange.clientKey();
        return key != null
                && key.isConfined()
                && exchange.method().equals("GET")
                && isList(exchange.endpointInAnyCase());
    }

    /** Whether a list of models is asked for. */
    public static boolean isList(Endpoint endpoint) {
        return endpoint == Endpoint.MODELS || endpoint == Endpoint.GEMINI_MODELS;
    }

    @Override
    public Content.@Nullable Chunk read() {
        while (!ended) {
            Content.Chunk chunk = next();
            if (chunk == null || Content.Chunk.isFailure(chunk)) {
                return chunk;
            }
            ended = chunk.isLast();
            collect(chunk);
            if (collected.size() > MOST_BYTES) {
                return failed();
            }
            if (ended) {
                return confined();
            }
        }
        return Content.Chunk.EOF;
    }

    private Content.@Nullable Chunk next() {
        Content.Chunk chunk = first;
        first = null;
        return chunk == null ? source.read() : chunk;
    }

    private void collect(Content.Chunk chunk) {
        byte[] bytes = new byte[chunk.remaining()];
        chunk.getByteBuffer().get(bytes);
        chunk.release();
        collected.writeBytes(bytes);
    }

    private Content.Chunk confined() {
        try {
            byte[] left = ModelListing.only(collected.toByteArray(), this::isListed);
            return Content.Chunk.from(ByteBuffer.wrap(left), true);
        } catch (IllegalArgumentException e) {
            return failed();
        }
    }

    private boolean isListed(String model) {
        return !model.isEmpty() && key.allows(model);
    }

    /** What cannot be looked into is not passed on. */
    private static Content.Chunk failed() {
        return Content.Chunk.from(new UpstreamFailure(ProxyError.BAD_RESPONSE), true);
    }

    @Override
    public void demand(Runnable callback) {
        source.demand(callback);
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }
}
