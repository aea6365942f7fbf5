package io.llmproxy.proxy.passage;

import io.llmproxy.convert.WholeAttempt;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.body.RequestBody;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * The upstream speaks another API than the client, and neither streams what is asked for.
 *
 * @param attempt the request, and the way back
 * @param told whether the client is told of what could not be expressed
 * @param otherwise answers where the upstream turns out not to serve such requests; null if nothing does
 */
record WholePassage(
        WholeAttempt attempt, boolean told, @Nullable Supplier<Answer> otherwise) implements Passage {
    /** How an upstream says that it does not serve a path. */
    private static final Set<Integer> NOT_SERVED = Set.of(404, 405, 501);

    @Override
    public Target target(@Nullable String query) {
        return new Target(attempt.path(), null);
    }

    @Override
    public boolean dropsCredentials() {
        return true;
    }

    @Override
    public void headers(HttpFields.Mutable fields) {
        ConvertedHead.request(fields, false);
    }

    @Override
    public Request.@Nullable Content content(RequestBody body) {
        return body.content(collected -> List.of(ByteBuffer.wrap(attempt.body())));
    }

    @Override
    public Endpoint endpoint() {
        return target(null).endpoint();
    }

    @Override
    public boolean takesWhole(Response upstreamResponse) {
        return true;
    }

    @Override
    public Answer answer(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        throw new IllegalStateException("all is taken as a whole");
    }

    @Override
    public Answer answer(Response upstreamResponse, byte[] whole) {
        int status = upstreamResponse.getStatus();
        if (otherwise != null && NOT_SERVED.contains(status)) {
            return otherwise.get();
        }
        if (status != 200) {
            long retryAfter = ConvertedHead.retryAfterSeconds(upstreamResponse);
            return ConvertedHead.error(upstreamResponse, attempt.error(status, retryAfter, whole), header());
        }
        return ConvertedHead.whole(upstreamResponse, ConvertedHead.JSON, attempt.answer(whole), header(), null);
    }

    private @Nullable String header() {
        return told ? attempt.header() : null;
    }
}
