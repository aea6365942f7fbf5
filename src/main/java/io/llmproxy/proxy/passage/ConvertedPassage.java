package io.llmproxy.proxy.passage;

import io.llmproxy.convert.Converted;
import io.llmproxy.convert.StreamCollector;
import io.llmproxy.convert.StreamConverter;
import io.llmproxy.convert.WholeAnswer;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.body.RequestBody;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * The upstream speaks another API than the client: request and answer are converted.
 *
 * @param converted the request, and the way back
 * @param stream whether the client asks for a stream
 * @param call what the client asks for
 * @param told whether the client is told of what could not be expressed
 * @param share what the exchange keeps in memory
 */
record ConvertedPassage(Converted converted, boolean stream, ClientCall call, boolean told, BufferBudget.Share share)
        implements Passage {

    @Override
    public Target target(@Nullable String query) {
        String path = converted.requestPath();
        int mark = path.indexOf('?');
        return mark < 0 ? new Target(path, null) : new Target(path.substring(0, mark), path.substring(mark + 1));
    }

    /** What the client shows is meant for another vendor. */
    @Override
    public boolean dropsCredentials() {
        return true;
    }

    @Override
    public void headers(HttpFields.Mutable fields) {
        ConvertedHead.request(fields, stream);
    }

    @Override
    public Request.@Nullable Content content(RequestBody body) {
        return body.content(collected -> List.of(ByteBuffer.wrap(converted.requestBody())));
    }

    @Override
    public Endpoint endpoint() {
        return target(null).endpoint();
    }

    @Override
    public boolean takesWhole(Response upstreamResponse) {
        return upstreamResponse.getStatus() != 200
                || !stream
                || !EventStreams.isEventStream(upstreamResponse.getHeaders());
    }

    @Override
    public Answer answer(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        String type = call.isArray() ? ConvertedHead.JSON : ConvertedHead.EVENTS;
        return ConvertedHead.stream(
                upstreamResponse, type, new ConvertedContent(content, first, converted.stream(), share), header());
    }

    /** The client can still be told the status, by which it knows what to do. */
    @Override
    public @Nullable Answer refusal(Response upstreamResponse, byte[] beginning) {
        StreamConverter converter = converted.stream();
        converter.accept(beginning, 0, beginning.length);
        Fault fault = converter.isCommitted() ? null : converter.fault();
        return fault == null ? null : ConvertedHead.error(upstreamResponse, converted.error(fault), header());
    }

    /** What cannot be read as an answer is not worth the client's while. */
    @Override
    public @Nullable Answer refusal(Response upstreamResponse, Fault fault) {
        return fault.cause() == Fault.Cause.BAD_ANSWER
                ? null
                : ConvertedHead.error(upstreamResponse, converted.error(fault), header());
    }

    @Override
    public Answer answer(Response upstreamResponse, byte[] whole) {
        int status = upstreamResponse.getStatus();
        if (status != 200) {
            long retryAfter = ConvertedHead.retryAfterSeconds(upstreamResponse);
            return ConvertedHead.error(upstreamResponse, converted.error(status, retryAfter, whole), header());
        }
        WholeAnswer answer = convert(upstreamResponse, whole);
        String type = stream && !call.isArray() ? ConvertedHead.EVENTS : ConvertedHead.JSON;
        return ConvertedHead.whole(upstreamResponse, type, answer.body(), header(), answer.upstreamId());
    }

    private WholeAnswer convert(Response upstreamResponse, byte[] whole) {
        if (stream) {
            return converted.answerAsStream(whole);
        }
        if (!EventStreams.isEventStream(upstreamResponse.getHeaders())) {
            return converted.answer(whole);
        }
        StreamCollector collector = converted.collect();
        collector.accept(whole, 0, whole.length);
        return collector.end();
    }

    private @Nullable String header() {
        return told ? converted.header() : null;
    }
}
