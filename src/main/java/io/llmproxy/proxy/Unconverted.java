package io.llmproxy.proxy;

import io.llmproxy.protocol.ModelRewriter;
import java.util.Objects;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Client and upstream speak the same API: bytes pass. At most the name of a model is replaced, or models are left out of a
 * list.
 *
 * @param renamed how the upstream calls the model; null if it is called as the client calls it
 */
record Unconverted(Exchange exchange, @Nullable RenamedModel renamed) implements Passage {

    @Override
    public Target target(@Nullable String query) {
        RequestPath path = exchange.upstreamTarget();
        return new Target(renamed == null ? path.written() : renamed.path(path), query);
    }

    @Override
    public boolean dropsCredentials() {
        return false;
    }

    @Override
    public void headers(HttpFields.Mutable fields) {
        if (renamed != null && renamed.changesBody()) {
            fields.remove(HttpHeader.CONTENT_ENCODING);
        }
        if (renamed != null || ModelCatalog.confines(exchange)) {
            // The answer is looked into for names of models.
            fields.put(HttpHeader.ACCEPT_ENCODING, "identity");
        }
    }

    @Override
    public Request.@Nullable Content content(RequestBody body) {
        return body.content(renamed == null || !renamed.changesBody() ? null : renamed::body);
    }

    @Override
    public String operation() {
        return exchange.upstreamPath();
    }

    @Override
    public boolean takesWhole(Response upstreamResponse) {
        return false;
    }

    @Override
    public Answer answer(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        if (upstreamResponse.getStatus() == 200 && ModelCatalog.confines(exchange)) {
            var key = Objects.requireNonNull(exchange.clientKey(), "it is confined");
            return Answer.changed(upstreamResponse, -1, new ConfinedListing(content, first, key));
        }
        ModelRewriter rewriter = renamed == null ? null : renamed.rewriter(upstreamResponse.getHeaders());
        if (rewriter == null) {
            return Answer.asItIs(upstreamResponse, content, first);
        }
        RenamedContent changed = new RenamedContent(content, first, rewriter);
        long length = changed.renameWhole(upstreamResponse.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH));
        return Answer.changed(upstreamResponse, length, changed);
    }

    @Override
    public Answer answer(Response upstreamResponse, byte[] whole) {
        throw new IllegalStateException("nothing is taken as a whole");
    }
}
