package io.llmproxy.proxy.passage;

import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.body.RequestBody;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * The upstream speaks the client's API, but in the flavour of another place: it has another path, and a few members of the
 * request differ. All other bytes pass; errors are told as the client's vendor tells them.
 *
 * @param alike how bytes pass
 * @param dialect the API
 * @param target where the request goes
 * @param body the request in the upstream's flavour
 * @param betas what of the vendor's trials is known there
 */
@SuppressWarnings("ArrayRecordComponent") // It is written once and compared with nothing.
record FlavouredPassage(Unconverted alike, Dialect dialect, Target target, byte[] body, List<String> betas)
        implements Passage {
    private static final String BETA = "anthropic-beta";

    @Override
    public Target target(@Nullable String query) {
        return target;
    }

    @Override
    public boolean dropsCredentials() {
        return true;
    }

    @Override
    public void headers(HttpFields.Mutable fields) {
        alike.headers(fields);
        fields.remove(HttpHeader.CONTENT_ENCODING);
        List<String> known =
                fields.getCSV(BETA, false).stream().filter(betas::contains).toList();
        fields.remove(BETA);
        if (!known.isEmpty()) {
            fields.put(BETA, String.join(",", known));
        }
    }

    @Override
    public Request.@Nullable Content content(RequestBody collected) {
        return collected.content(pieces -> List.of(ByteBuffer.wrap(body)));
    }

    @Override
    public Endpoint endpoint() {
        return alike.endpoint();
    }

    @Override
    public boolean takesWhole(Response upstreamResponse) {
        return upstreamResponse.getStatus() >= 400;
    }

    @Override
    public Answer answer(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        return alike.answer(upstreamResponse, content, first);
    }

    @Override
    public Answer answer(Response upstreamResponse, byte[] whole) {
        long retryAfter = ConvertedHead.retryAfterSeconds(upstreamResponse);
        return ConvertedHead.error(
                upstreamResponse, Conversion.error(dialect, upstreamResponse.getStatus(), retryAfter, whole), null);
    }
}
