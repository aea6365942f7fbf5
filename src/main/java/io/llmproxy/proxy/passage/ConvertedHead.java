package io.llmproxy.proxy.passage;

import io.llmproxy.convert.ErrorAnswer;
import io.llmproxy.protocol.RetryAfter;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.jspecify.annotations.Nullable;

/** Heads of requests and answers that were converted: what each side says to its own vendor stays out. */
final class ConvertedHead {
    static final String EVENTS = "text/event-stream";
    static final String JSON = "application/json";

    /** Headers by which the client speaks to the vendor of its own API. */
    private static final List<String> OF_VENDORS =
            List.of("anthropic-", "openai-", "x-goog-", "x-stainless-", "x-api-", "chatgpt-");

    private ConvertedHead() {}

    /** Changes what was copied of the client's headers. */
    static void request(HttpFields.Mutable fields, boolean stream) {
        fields.stream()
                .filter(ConvertedHead::isOfVendor)
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

    /** When the upstream wants to be asked again, in seconds; 0 if it does not say. */
    static long retryAfterSeconds(Response upstreamResponse) {
        var asked = RetryAfter.nanos(upstreamResponse.getHeaders()::get, Instant.now());
        return asked.isPresent() ? RetryAfter.seconds(asked.getAsLong()) : 0;
    }

    /** Returns a good answer that is there as a whole. */
    static Answer whole(Response upstreamResponse, String type, byte[] body, @Nullable String conversion) {
        return new Answer(
                200, headers(upstreamResponse, type, 0), true, body.length, source(body), null, conversion, null);
    }

    /** Returns a good answer that flows. */
    static Answer stream(Response upstreamResponse, String type, Content.Source content, @Nullable String conversion) {
        return new Answer(200, headers(upstreamResponse, type, 0), true, -1, content, null, conversion, null);
    }

    /** Returns an upstream's error in the client's words. */
    static Answer error(Response upstreamResponse, ErrorAnswer error, @Nullable String conversion) {
        HttpFields headers = headers(upstreamResponse, JSON, error.retryAfterSeconds());
        byte[] body = error.body();
        return new Answer(error.status(), headers, true, body.length, source(body), null, conversion, null);
    }

    /** Returns a number of tokens that no upstream has counted. */
    static Answer estimate(byte[] body, boolean tokenizer) {
        HttpFields headers = HttpFields.build().put(HttpHeader.CONTENT_TYPE, JSON);
        String how = tokenizer ? "tokenizer" : "tokens";
        return new Answer(200, headers, true, body.length, source(body), null, null, how);
    }

    /** Of the upstream's headers only its name for the request means something to the client. */
    private static HttpFields headers(Response upstreamResponse, String type, long retryAfterSeconds) {
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
        return headers;
    }

    private static Content.Source source(byte[] body) {
        return new ByteBufferContentSource(ByteBuffer.wrap(body));
    }
}
