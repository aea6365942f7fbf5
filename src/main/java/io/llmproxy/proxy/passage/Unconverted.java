package io.llmproxy.proxy.passage;

import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ModelRewriter;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.request.RequestPath;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.jspecify.annotations.Nullable;

/**
 * Client and upstream speak the same API: bytes pass. At most the name of a model is replaced, usage is asked for, or models are
 * left out of a list.
 *
 * @param renamed how the upstream calls the model; null if it is called as the client calls it
 * @param asking asks for usage; null if that is not to be
 */
record Unconverted(
        Exchange exchange,
        @Nullable RenamedModel renamed,
        @Nullable UsageAsking asking) implements Passage {

    @Override
    public Target target(@Nullable String query) {
        RequestPath path = exchange.upstreamTarget();
        return renamed == null
                ? new Target(path.written(), query)
                : new Target(renamed.path(path), renamed.query(query));
    }

    @Override
    public boolean dropsCredentials() {
        return false;
    }

    @Override
    public void headers(HttpFields.Mutable fields) {
        if (changesBody()) {
            fields.remove(HttpHeader.CONTENT_ENCODING);
        }
        if (renamed != null || asking != null || ConfinedListing.isDue(exchange)) {
            // The answer is looked into for names of models, and for usage.
            fields.put(HttpHeader.ACCEPT_ENCODING, "identity");
        }
    }

    @Override
    public Request.@Nullable Content content(RequestBody body) {
        return body.content(changesBody() ? this::edited : null);
    }

    private boolean changesBody() {
        return asking != null || (renamed != null && renamed.changesBody());
    }

    private List<ByteBuffer> edited(List<ByteBuffer> body) {
        if (renamed == null) {
            return asking == null ? body : asking.ask(body);
        }
        List<ByteBuffer> named = renamed.body(body);
        return asking == null ? named : asking.askRenamed(named);
    }

    @Override
    public Endpoint endpoint() {
        return exchange.upstreamEndpoint();
    }

    @Override
    public boolean takesWhole(Response upstreamResponse) {
        return asking != null && asking.mayBeRefused(upstreamResponse);
    }

    @Override
    public boolean showsOurs(Response upstreamResponse) {
        return asking != null && asking.shows(upstreamResponse);
    }

    @Override
    public boolean isToBlame(Response upstreamResponse, byte[] whole) {
        return asking != null && asking.isRefused(upstreamResponse, whole);
    }

    @Override
    public Answer answer(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        if (upstreamResponse.getStatus() == 200 && ConfinedListing.isDue(exchange)) {
            var key = Objects.requireNonNull(exchange.clientKey(), "it is confined");
            return Answer.changed(upstreamResponse, -1, new ConfinedListing(content, first, key));
        }
        boolean hides = asking != null && asking.hides(upstreamResponse);
        Content.Source told = asking != null && hides ? asking.hide(content, first) : content;
        Content.Chunk begun = hides ? null : first;
        ModelRewriter rewriter = renamed == null ? null : renamed.rewriter(upstreamResponse.getHeaders());
        if (rewriter == null) {
            return hides ? Answer.changed(upstreamResponse, -1, told) : Answer.asItIs(upstreamResponse, content, first);
        }
        EditedContent changed = new EditedContent(told, begun, new Renaming(rewriter));
        long length = changed.editWhole(upstreamResponse.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH));
        return Answer.changed(upstreamResponse, length, changed);
    }

    /** Only what may be a refusal is taken as a whole: it passes as it is. */
    @Override
    public Answer answer(Response upstreamResponse, byte[] whole) {
        return Answer.changed(upstreamResponse, whole.length, new ByteBufferContentSource(ByteBuffer.wrap(whole)));
    }

    private record Renaming(ModelRewriter rewriter) implements EditedContent.Edit {
        @Override
        public void accept(byte[] bytes, int offset, int length, ModelRewriter.Sink sink) {
            rewriter.accept(bytes, offset, length, sink);
        }

        @Override
        public void finish(ModelRewriter.Sink sink) {
            rewriter.finish(sink);
        }
    }
}
