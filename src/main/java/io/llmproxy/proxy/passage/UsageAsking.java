package io.llmproxy.proxy.passage;

import io.llmproxy.protocol.ModelRewriter.Sink;
import io.llmproxy.protocol.UsageShape;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.usage.UsageEventFilter;
import io.llmproxy.usage.UsageRequest;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Asks an upstream to tell usage in the stream of a chat, and takes that out of the answer again, because the client has not asked for
 * it. Serves all attempts of an exchange.
 *
 * @param request what was read in the client's body
 */
record UsageAsking(UsageRequest request) {
    /** Returns what asks for usage; null if a request is no stream of a chat, or asks itself, as far as its body can be read. */
    static @Nullable UsageAsking of(Exchange exchange, RequestBody body) {
        UsageShape shape = exchange.upstreamEndpoint().usage(exchange.method()).orElse(null);
        List<ByteBuffer> pieces = body.legible();
        if (pieces == null || shape != UsageShape.CHAT) {
            return null;
        }
        UsageRequest request = UsageRequest.read(pieces);
        return request.isStream() && request.asked() != UsageRequest.Asked.ASKED ? new UsageAsking(request) : null;
    }

    /** Returns the client's body as it asks for usage. */
    List<ByteBuffer> ask(List<ByteBuffer> body) {
        return edited(request, body);
    }

    /** Returns a body in which the model has another name as it asks for usage: what was read stands elsewhere by now. */
    List<ByteBuffer> askRenamed(List<ByteBuffer> body) {
        return edited(UsageRequest.read(body), body);
    }

    private static List<ByteBuffer> edited(UsageRequest request, List<ByteBuffer> body) {
        UsageRequest.Edited edited = request.asking(body);
        return edited == null ? body : edited.segments();
    }

    /** Whether an answer may say that the upstream does not know what we ask, so that it has to be read first. */
    boolean mayBeRefused(Response upstreamResponse) {
        int status = upstreamResponse.getStatus();
        return status == 400 || status == 422;
    }

    /** Whether it does say so. */
    boolean isRefused(Response upstreamResponse, byte[] whole) {
        return UsageRequest.isRefused(upstreamResponse.getStatus(), whole);
    }

    /** Returns the answer without what the client has not asked for. */
    Content.Source hide(Content.Source content, Content.@Nullable Chunk first) {
        return new EditedContent(content, first, new Hiding(new UsageEventFilter()));
    }

    /** Whether there is anything to be hidden. */
    boolean hides(Response upstreamResponse) {
        return isStream(upstreamResponse) && !isCompressed(upstreamResponse);
    }

    /** Whether the client sees what it has not asked for, as the answer is compressed although that was not to be. */
    boolean shows(Response upstreamResponse) {
        return isStream(upstreamResponse) && isCompressed(upstreamResponse);
    }

    private static boolean isStream(Response upstreamResponse) {
        return upstreamResponse.getStatus() == 200 && EventStreams.isEventStream(upstreamResponse.getHeaders());
    }

    private static boolean isCompressed(Response upstreamResponse) {
        return upstreamResponse.getHeaders().contains(HttpHeader.CONTENT_ENCODING);
    }

    private record Hiding(UsageEventFilter filter) implements EditedContent.Edit {
        @Override
        public void accept(byte[] bytes, int offset, int length, Sink sink) {
            filter.accept(bytes, offset, length, sink);
        }

        @Override
        public void finish(Sink sink) {
            filter.finish(sink);
        }
    }
}
