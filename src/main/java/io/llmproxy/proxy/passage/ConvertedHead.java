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
    static final String EVENTS = "text/event-stream; charset=utf-8";
    static final String JSON = "application/json";

    private static final String ANY_EVENTS = "text/event-stream";

    /** The longest name of an answer that is told; those that vendors give have some 60 characters. */
    private static final int LONGEST_ID = 128;

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
        fields.put(HttpHeader.ACCEPT, stream ? ANY_EVENTS : JSON);
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
    static Answer whole(
            Response upstreamResponse,
            String type,
            byte[] body,
            @Nullable String conversion,
            @Nullable String upstreamId) {
        HttpFields headers = headers(upstreamResponse, type, 0);
        String id = plain(upstreamId);
        return new Answer(200, headers, true, body.length, source(body), null, conversion, id, null);
    }

    /** Returns a good answer that flows. */
    static Answer stream(
            Response upstreamResponse, String type, ConvertedContent content, @Nullable String conversion) {
        HttpFields headers = headers(upstreamResponse, type, 0);
        // What has come already tells the upstream's name for the answer, which belongs into the head.
        Content.Chunk begun = content.read();
        String id = plain(content.upstreamId());
        return new Answer(200, headers, true, -1, content, begun, conversion, id, null);
    }

    /** A name that does not fit into a header is not told. */
    private static @Nullable String plain(@Nullable String id) {
        boolean plain = id != null
                && !id.isEmpty()
                && id.length() <= LONGEST_ID
                && id.chars().allMatch(c -> c > ' ' && c < 0x7f);
        return plain ? id : null;
    }

    /** Returns an upstream's error in the client's words. */
    static Answer error(Response upstreamResponse, ErrorAnswer error, @Nullable String conversion) {
        HttpFields.Mutable headers = headers(upstreamResponse, JSON, error.retryAfterSeconds());
        if (error.lasting()) {
            headers.put("x-should-retry", "false");
        }
        byte[] body = error.body();
        return new Answer(error.status(), headers, true, body.length, source(body), null, conversion, null, null);
    }

    /** Returns a number of tokens that no upstream has counted. */
    static Answer estimate(byte[] body, boolean tokenizer) {
        HttpFields headers = HttpFields.build().put(HttpHeader.CONTENT_TYPE, JSON);
        String how = tokenizer ? "tokenizer" : "tokens";
        return new Answer(200, headers, true, body.length, source(body), null, null, null, how);
    }

    /** Of the upstream's headers only its name for the request means something to the client. */
    private static HttpFields.Mutable headers(Response upstreamResponse, String type, long retryAfterSeconds) {
        HttpFields.Mutable headers = HttpFields.build().put(HttpHeader.CONTENT_TYPE, type);
        if (type.equals(EVENTS)) {
            headers.put(HttpHeader.CACHE_CONTROL, "no-cache");
        }
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
