package io.llmproxy.proxy;

import io.llmproxy.convert.Converted;
import io.llmproxy.convert.ErrorAnswer;
import io.llmproxy.convert.StreamCollector;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.RetryAfter;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
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
    /** Headers by which the client speaks to the vendor of its own API. */
    private static final List<String> OF_VENDORS =
            List.of("anthropic-", "openai-", "x-goog-", "x-stainless-", "x-api-", "chatgpt-");

    private static final String EVENTS = "text/event-stream";
    private static final String JSON = "application/json";

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
        fields.stream()
                .filter(ConvertedPassage::isOfVendor)
                .map(HttpField::getName)
                .toList()
                .forEach(fields::remove);
        fields.remove(HttpHeader.CONTENT_ENCODING);
        fields.put(HttpHeader.CONTENT_TYPE, JSON);
        fields.put(HttpHeader.ACCEPT, stream ? EVENTS : JSON);
        fields.put(HttpHeader.ACCEPT_ENCODING, "identity");
    }

    private static boolean isOfVendor(HttpField field) {
        String name = field.getName().toLowerCase(Locale.ROOT);
        return OF_VENDORS.stream().anyMatch(name::startsWith);
    }

    @Override
    public Request.@Nullable Content content(RequestBody body) {
        return body.content(collected -> List.of(ByteBuffer.wrap(converted.requestBody())));
    }

    @Override
    public Endpoint endpoint() {
        return ApiPath.of(target(null).path()).endpoint();
    }

    @Override
    public boolean takesWhole(Response upstreamResponse) {
        return upstreamResponse.getStatus() != 200
                || !stream
                || !EventStreams.isEventStream(upstreamResponse.getHeaders());
    }

    @Override
    public Answer answer(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        String type = call.isArray() ? JSON : EVENTS;
        return answer(
                200, upstreamResponse, type, 0, -1, new ConvertedContent(content, first, converted.stream(), share));
    }

    @Override
    public Answer answer(Response upstreamResponse, byte[] whole) {
        int status = upstreamResponse.getStatus();
        if (status != 200) {
            return error(upstreamResponse, converted.error(status, retryAfterSeconds(upstreamResponse), whole));
        }
        byte[] body = convert(upstreamResponse, whole);
        String type = stream && !call.isArray() ? EVENTS : JSON;
        return answer(200, upstreamResponse, type, 0, body.length, source(body));
    }

    private byte[] convert(Response upstreamResponse, byte[] whole) {
        if (stream) {
            return converted.answerAsStream(whole).body();
        }
        if (!EventStreams.isEventStream(upstreamResponse.getHeaders())) {
            return converted.answer(whole).body();
        }
        StreamCollector collector = converted.collect();
        collector.accept(whole, 0, whole.length);
        return collector.end().body();
    }

    private Answer error(Response upstreamResponse, ErrorAnswer error) {
        byte[] body = error.body();
        return answer(error.status(), upstreamResponse, JSON, error.retryAfterSeconds(), body.length, source(body));
    }

    private static long retryAfterSeconds(Response upstreamResponse) {
        var asked = RetryAfter.nanos(upstreamResponse.getHeaders()::get, Instant.now());
        return asked.isPresent() ? RetryAfter.seconds(asked.getAsLong()) : 0;
    }

    /** Of the upstream's headers only its name for the request means something to the client. */
    private Answer answer(
            int status,
            Response upstreamResponse,
            String type,
            long retryAfterSeconds,
            long length,
            Content.Source content) {
        HttpFields.Mutable headers = HttpFields.build().put(HttpHeader.CONTENT_TYPE, type);
        if (retryAfterSeconds > 0) {
            headers.put(HttpHeader.RETRY_AFTER, Long.toString(retryAfterSeconds));
        }
        for (String name : List.of("x-request-id", "request-id")) {
            String id = upstreamResponse.getHeaders().get(name);
            if (id != null) {
                headers.put("x-request-id", id);
            }
        }
        return new Answer(status, headers, true, length, content, null, told ? converted.header() : null);
    }

    private static Content.Source source(byte[] body) {
        return new ByteBufferContentSource(ByteBuffer.wrap(body));
    }
}
